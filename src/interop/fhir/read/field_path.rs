//! Names the field that a parser stumbled over.

use std::fmt::Write;

/// One step into a JSON value.
enum Step {
    Member(String),
    Index(usize),
}

/// The path of the field at the place of `error` in `json`, such as `Observation.component[1].code`; `root` is the resource's type.
pub(super) fn of(root: &str, json: &[u8], error: &serde_json::Error) -> String {
    let before: usize = json
        .split_inclusive(|b| *b == b'\n')
        .take(error.line().saturating_sub(1))
        .map(<[u8]>::len)
        .sum();
    let end = (before + error.column()).min(json.len());
    // A value that was refused for what it says is noticed at the sign behind it.
    let end = if matches!(json[..end].last(), Some(b',' | b'}' | b']')) {
        end - 1
    } else {
        end
    };
    let mut path = root.to_owned();
    for step in steps(&json[..end]) {
        match step {
            Step::Member(name) if name.is_empty() => break,
            Step::Member(name) => {
                path.push('.');
                path.push_str(&name);
            }
            Step::Index(index) => {
                // Writing to a string cannot fail.
                let _ = write!(path, "[{index}]");
            }
        }
    }
    path
}

/// The steps that are open where `json`, the beginning of a valid text, stops.
fn steps(json: &[u8]) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut expects_name = false;
    let mut at = 0;
    while let Some(byte) = json.get(at) {
        at += 1;
        match byte {
            b'{' => {
                steps.push(Step::Member(String::new()));
                expects_name = true;
            }
            b'[' => {
                steps.push(Step::Index(0));
                expects_name = false;
            }
            b'}' | b']' => {
                steps.pop();
                expects_name = false;
            }
            b',' => match steps.last_mut() {
                Some(Step::Index(index)) => *index += 1,
                Some(Step::Member(name)) => {
                    name.clear();
                    expects_name = true;
                }
                None => {}
            },
            b'"' => {
                let start = at;
                while let Some(inside) = json.get(at) {
                    at += 1;
                    match inside {
                        b'\\' => at += 1,
                        b'"' => break,
                        _ => {}
                    }
                }
                let text =
                    &json[start.min(json.len())..at.saturating_sub(1).clamp(start, json.len())];
                if let (true, Some(Step::Member(name))) = (expects_name, steps.last_mut()) {
                    *name = String::from_utf8_lossy(text).into_owned();
                    expects_name = false;
                }
            }
            _ => {}
        }
    }
    steps
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    struct Outer {
        #[allow(dead_code)]
        list: Vec<Inner>,
    }

    #[derive(Debug, Deserialize)]
    struct Inner {
        #[allow(dead_code)]
        code: Option<String>,
    }

    fn path(json: &str) -> String {
        of(
            "Thing",
            json.as_bytes(),
            &serde_json::from_str::<Outer>(json).unwrap_err(),
        )
    }

    #[test]
    fn the_path_leads_to_the_field_of_the_wrong_type() {
        assert_eq!(
            path(r#"{"x": {"y": [1]}, "list": [{"code": "a"}, {"code": 5}]}"#),
            "Thing.list[1].code"
        );
        assert_eq!(
            path("{\"list\": [\n{\"code\": \"a\\\"\"},\n{\"code\": {\"k\": 1}}]}"),
            "Thing.list[1].code"
        );
        assert_eq!(path(r#"{"list": {"a": 1}}"#), "Thing.list");
        assert_eq!(path(r#"{"list": "none"}"#), "Thing.list");
    }
}
