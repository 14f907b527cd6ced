//! Keys and signatures that some verifiers accept and others refuse. Here, each has one verdict.

use ed25519_dalek::{self as dalek, Verifier};

use super::{BadKey, Signature, VerifyKey, verify_batch};
use crate::crypto::hex::unhex;

/// Key, message and signature in hexadecimal digits, judged as the program would.
fn accepted(key: &str, message: &str, signature: &str) -> bool {
    let key = VerifyKey::from_bytes(unhex(key).unwrap().try_into().unwrap());
    let signature = Signature::from_slice(&unhex(signature).unwrap()).unwrap();
    key.is_ok_and(|key| key.verify(&unhex(message).unwrap(), &signature).is_ok())
}

/// The same by the library's plain, lax rules.
fn accepted_laxly(key: &str, message: &str, signature: &str) -> bool {
    let key = dalek::VerifyingKey::from_bytes(&unhex(key).unwrap().try_into().unwrap());
    let signature = dalek::Signature::from_slice(&unhex(signature).unwrap()).unwrap();
    key.is_ok_and(|key| key.verify(&unhex(message).unwrap(), &signature).is_ok())
}

/// The same as one of a batch. A batch multiplies by the cofactor, so two more of the twelve pass, in every run.
fn accepted_in_a_batch(key: &str, message: &str, signature: &str) -> bool {
    let key = VerifyKey::from_bytes(unhex(key).unwrap().try_into().unwrap());
    let signature = Signature::from_slice(&unhex(signature).unwrap()).unwrap();
    let message = unhex(message).unwrap();
    key.is_ok_and(|key| {
        let verdicts: Vec<bool> = (1..=16)
            .map(|size| verify_batch(&vec![(key, &message[..], signature); size]))
            .collect();
        assert!(
            verdicts.windows(2).all(|pair| pair[0] == pair[1]),
            "the verdict hangs on chance: {verdicts:?}"
        );
        verdicts[0]
    })
}

/// The twelve cases of Chalkias, Garillot and Nikolaenko, Taming the many EdDSAs
/// (<https://eprint.iacr.org/2020/1244>): key, message, signature, and whether the lax rules are taken in.
#[test]
fn of_the_twelve_edge_cases_only_the_one_that_every_rule_accepts_is_accepted() {
    const CASES: [(&str, &str, &str, bool); 12] = [
        (
            "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
            "8c93255d71dcab10e8f379c26200f3c7bd5f09d9bc3068d3ef4edeb4853022b6",
            "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a00000000000000000000000000000000\
             00000000000000000000000000000000",
            true,
        ),
        (
            "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
            "9bd9f44f4dcc75bd531b56b2cd280b0bb38fc1cd6d1230e14861d861de092e79",
            "f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43a5bb704786be79fc476f91d3f3f89b03\
             984d8068dcf1bb7dfc6637b45450ac04",
            true,
        ),
        (
            "f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43",
            "aebf3f2601a0c8c5d39cc7d8911642f740b78168218da8471772b35f9d35b9ab",
            "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa8c4bd45aecaca5b24fb97bc10ac27ac8\
             751a7dfe1baff8b953ec9f5833ca260e",
            true,
        ),
        (
            "cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d",
            "9bd9f44f4dcc75bd531b56b2cd280b0bb38fc1cd6d1230e14861d861de092e79",
            "9046a64750444938de19f227bb80485e92b83fdb4b6506c160484c016cc1852f87909e14428a7a1d62e9f22f3d3ad780\
             2db02eb2e688b6c52fcd6648a98bd009",
            true,
        ),
        (
            "cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d",
            "e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec4011eaccd55b53f56c",
            "160a1cb0dc9c0258cd0a7d23e94d8fa878bcb1925f2c64246b2dee1796bed5125ec6bc982a269b723e0668e540911a9a\
             6a58921d6925e434ab10aa7940551a09",
            false,
        ),
        (
            "cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d",
            "e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec4011eaccd55b53f56c",
            "21122a84e0b5fca4052f5b1235c80a537878b38f3142356b2c2384ebad4668b7e40bc836dac0f71076f9abe3a53f9c03\
             c1ceeeddb658d0030494ace586687405",
            false,
        ),
        (
            "442aad9f089ad9e14647b1ef9099a1ff4798d78589e66f28eca69c11f582a623",
            "85e241a07d148b41e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec40",
            "e96f66be976d82e60150baecff9906684aebb1ef181f67a7189ac78ea23b6c0e547f7690a0e2ddcd04d87dbc3490dc19\
             b3b3052f7ff0538cb68afb369ba3a514",
            false,
        ),
        (
            "442aad9f089ad9e14647b1ef9099a1ff4798d78589e66f28eca69c11f582a623",
            "85e241a07d148b41e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec40",
            "8ce5b96c8f26d0ab6c47958c9e68b937104cd36e13c33566acd2fe8d38aa19427e71f98a473474f2f13f06f97c20d58c\
             c3f54b8bd0d272f42b695dd7e89a8c22",
            false,
        ),
        (
            "f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43",
            "9bedc267423725d473888631ebf45988bad3db83851ee85c85e241a07d148b41",
            "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff03be9678ac102edcd92b0210bb34d742\
             8d12ffc5df5f37e359941266a4e35f0f",
            false,
        ),
        (
            "f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43",
            "9bedc267423725d473888631ebf45988bad3db83851ee85c85e241a07d148b41",
            "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffca8c5b64cd208982aa38d4936621a477\
             5aa233aa0505711d8fdcfdaa943d4908",
            false,
        ),
        (
            "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
            "e96b7021eb39c1a163b6da4e3093dcd3f21387da4cc4572be588fafae23c155b",
            "a9d55260f765261eb9b84e106f665e00b867287a761990d7135963ee0a7d59dca5bb704786be79fc476f91d3f3f89b03\
             984d8068dcf1bb7dfc6637b45450ac04",
            false,
        ),
        (
            "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
            "39a591f5321bbe07fd5a23dc2f39d025d74526615746727ceefd6e82ae65c06f",
            "a9d55260f765261eb9b84e106f665e00b867287a761990d7135963ee0a7d59dca5bb704786be79fc476f91d3f3f89b03\
             984d8068dcf1bb7dfc6637b45450ac04",
            true,
        ),
    ];
    for (number, (key, message, signature, lax)) in CASES.into_iter().enumerate() {
        assert_eq!(
            accepted(key, message, signature),
            number == 3,
            "case {number}"
        );
        assert_eq!(
            accepted_laxly(key, message, signature),
            lax,
            "case {number}, laxly"
        );
        assert_eq!(
            accepted_in_a_batch(key, message, signature),
            (3..=5).contains(&number),
            "case {number}, in a batch"
        );
    }
}

#[test]
fn all_eight_keys_of_small_order_and_their_other_encodings_are_refused() {
    for point in [
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "0100000000000000000000000000000000000000000000000000000000000080",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    ] {
        let bytes: [u8; 32] = unhex(point).unwrap().try_into().unwrap();
        let error = VerifyKey::from_bytes(bytes).expect_err(point);
        let is_a_point = dalek::VerifyingKey::from_bytes(&bytes).is_ok();
        assert_eq!(
            error.to_string().contains("small order"),
            is_a_point,
            "{point}: {error}"
        );
    }
}

/// y = p + 3 is on the curve and not of small order, but 3 is how it is written.
#[test]
fn a_key_that_is_not_written_in_the_canonical_way_is_refused() {
    let mut written = [0; 32];
    written[0] = 3;
    assert!(VerifyKey::from_bytes(written).is_ok());
    let mut otherwise = [0xff; 32];
    (otherwise[0], otherwise[31]) = (0xf0, 0x7f);
    assert!(
        dalek::VerifyingKey::from_bytes(&otherwise).is_ok(),
        "the library lets it pass"
    );
    assert_eq!(
        VerifyKey::from_bytes(otherwise),
        Err(BadKey("not the canonical encoding of its point"))
    );
}
