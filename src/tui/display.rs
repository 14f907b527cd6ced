//! Frames on their way to the terminal, on a thread of their own.
//!
//! A terminal takes no bytes for as long as somebody has stopped it: scroll lock, XOFF, a line that stands still. **The loop never
//! waits for it**: signals, the lock and what is being typed go on meanwhile. One frame is under way at a time; the next is made
//! when that one has gone, of what the screen ought to show then.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;

use tokio::sync::mpsc;

/// Takes a frame at a time: what is written until it is flushed.
#[derive(Debug)]
pub struct Display {
    frame: Vec<u8>,
    frames: SyncSender<Vec<u8>>,
}

/// Says of each frame that it has gone, or why it cannot. It ends where the terminal does.
pub type Gone = mpsc::UnboundedReceiver<io::Result<()>>;

/// The program's own terminal, without a buffer of its own: one write a frame.
pub fn open() -> io::Result<(Display, Gone)> {
    let out = io::stdout().as_fd().try_clone_to_owned()?;
    onto(File::from(out))
}

fn onto(mut out: impl Write + Send + 'static) -> io::Result<(Display, Gone)> {
    let (frames, take) = sync_channel::<Vec<u8>>(1);
    let (tell, gone) = mpsc::unbounded_channel();
    thread::Builder::new()
        .name("display".to_owned())
        .spawn(move || {
            for frame in take {
                let written = out.write_all(&frame).and_then(|()| out.flush());
                let over = written.is_err();
                if tell.send(written).is_err() || over {
                    return;
                }
            }
        })?;
    let frame = Vec::new();
    Ok((Display { frame, frames }, gone))
}

impl Write for Display {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.frame.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    /// Sends the frame off. It is refused where the one before it has not gone, or never will.
    fn flush(&mut self) -> io::Result<()> {
        let frame = std::mem::take(&mut self.frame);
        let refused = self.frames.try_send(frame).is_err();
        if refused {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Cut;

    impl Write for Cut {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn a_terminal_that_went_is_told_of_and_takes_no_more() {
        let (mut display, mut gone) = onto(Cut).unwrap();
        display.write_all(b"a frame").unwrap();
        display.flush().unwrap();
        assert!(gone.recv().await.unwrap().is_err());
        assert!(gone.recv().await.is_none());
        assert!(display.flush().is_err());
    }
}
