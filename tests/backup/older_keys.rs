//! A pruner whose keys were made before another host was certified.

use crate::program::Program;
use crate::ward::Ward;

#[test]
fn a_pruner_who_does_not_know_a_host_yet_is_told_to_renew_the_keys_and_deletes_nothing() {
    let ward = Ward::new();
    let here = ward.here();
    ward.back_up(&here);
    let to = ward.repository.to_str().unwrap();
    let keys = |name: &str| {
        let file = ward.hospital.folder.path().join(name);
        file.to_str().unwrap().to_owned()
    };
    let (old, new) = (keys("old.keys"), keys("new.keys"));
    let make = ["backup", "pruner", "--out"];
    Program::at(&here).json(&[&make, &[&old]]).done();

    // The host is lost, and its vault goes on elsewhere.
    let (place, _) = ward.restore("restored", None);
    place.login("admin");
    ward.back_up(&place);
    let elsewhere = tempfile::tempdir().unwrap();
    let elsewhere = Program::in_home(elsewhere.path());
    for verb in ["forget", "prune"] {
        let keep = |keys: &str| elsewhere.json(&[&["backup", verb, "--pruner", keys, "--to", to]]);
        let refused = keep(&old);
        assert_eq!(refused.code, 1, "{refused:?}");
        let error = refused.error();
        let said = |part: &str| error[part].as_str().unwrap().to_owned();
        assert!(said("message").contains("not known here"), "{error}");
        assert!(said("hint").contains("backup pruner --out"), "{error}");
        Program::at(&place).json(&[&make, &[&new]]);
        keep(&new).done();
    }
}
