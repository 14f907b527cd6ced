//! `man`: manual pages, one for each command.

use std::path::PathBuf;

use clap::{Args, CommandFactory};
use serde::Serialize;

use super::{Arguments, Exit, Failure, Output, Page, Report};

/// Write manual pages, one for each command; needs no user
#[derive(Debug, Args)]
pub struct Man {
    /// Folder for the pages; made where it is not there
    dir: PathBuf,
}

/// The pages that were written.
#[derive(Debug, Serialize)]
struct Pages {
    dir: String,
    files: Vec<String>,
}

impl Report for Pages {
    fn page(&self, page: &mut Page) {
        page.line(format!("{} pages in {}", self.files.len(), self.dir));
    }
}

impl Man {
    /// Writes them.
    pub fn run(&self, output: Output) -> Result<Exit, Failure> {
        let files = self.write().map_err(|error| {
            let what = format!("cannot write manual pages to {}", self.dir.display());
            Failure::new(Exit::Outside, "outside", what)
                .hint("check that the folder can be written to")
                .because(&error)
        })?;
        output.result(&Pages {
            dir: self.dir.display().to_string(),
            files,
        })
    }

    fn write(&self) -> std::io::Result<Vec<String>> {
        std::fs::create_dir_all(&self.dir)?;
        clap_mangen::generate_to(Arguments::command(), &self.dir)?;
        let mut files = Vec::new();
        for entry in std::fs::read_dir(&self.dir)? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            if name.starts_with("chartseal") {
                files.push(name);
            }
        }
        files.sort();
        Ok(files)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_a_page_for_every_command_that_says_what_it_does() {
        let folder = tempfile::tempdir().unwrap();
        let man = Man {
            dir: folder.path().join("man1"),
        };
        let files = man.write().unwrap();
        for page in ["chartseal.1", "chartseal-rx.1", "chartseal-stock-receive.1"] {
            assert!(files.contains(&page.to_owned()), "{page}: {files:?}");
        }
        let page = std::fs::read_to_string(man.dir.join("chartseal-stock-receive.1")).unwrap();
        assert!(page.contains("quantity and unit"), "{page}");
    }
}
