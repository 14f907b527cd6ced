//! Which connections are taken.

use mongodb::options::{ClientOptions, ServerAddress, Tls};

/// Refuses connections that others on the network could read or play the server in.
pub(super) fn protect(options: &mut ClientOptions) -> Result<(), String> {
    match &options.tls {
        Some(Tls::Enabled(tls))
            if tls.allow_invalid_certificates == Some(true) && !all_loopback(options) =>
        {
            Err(
                "certificates must be checked: remove tlsInsecure and tlsAllowInvalidCertificates"
                    .into(),
            )
        }
        Some(Tls::Enabled(_)) => Ok(()),
        _ if !all_loopback(options) => {
            Err("TLS is required for a server that is not on this machine: add tls=true".into())
        }
        _ if options.hosts.len() > 1 => {
            Err("without TLS one address on this machine is taken".into())
        }
        _ => {
            options.direct_connection = Some(true);
            Ok(())
        }
    }
}

fn all_loopback(options: &ClientOptions) -> bool {
    options.hosts.iter().all(|host| match host {
        ServerAddress::Tcp { host, .. } => {
            let address = host
                .trim_start_matches('[')
                .trim_end_matches(']')
                .parse::<std::net::IpAddr>();
            address.map_or(host.eq_ignore_ascii_case("localhost"), |address| {
                address.is_loopback()
            })
        }
        // A socket in this machine's file system.
        _ => true,
    })
}
