//! A request to stop, which any holder can make and every step of a long run watches.

use std::sync::Arc;

use tokio::sync::watch;

/// A request to stop; clones share it. A cancelled run leaves everything that it needs to be resumed.
#[derive(Clone, Debug)]
pub struct Cancel {
    asked: Arc<watch::Sender<bool>>,
}

impl Cancel {
    /// Not cancelled.
    pub fn new() -> Self {
        Self {
            asked: Arc::new(watch::Sender::new(false)),
        }
    }

    /// Asks for the stop. Cannot be taken back.
    pub fn cancel(&self) {
        self.asked.send_replace(true);
    }

    /// Whether somebody asked.
    pub fn is_cancelled(&self) -> bool {
        *self.asked.borrow()
    }

    /// Returns once somebody asks.
    pub async fn cancelled(&self) {
        let mut asked = self.asked.subscribe();
        // The sender lives in `self`, so waiting cannot fail while this borrows it.
        let _ = asked.wait_for(|asked| *asked).await;
    }
}

impl Default for Cancel {
    fn default() -> Self {
        Self::new()
    }
}
