//! Cancelling what runs.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::Notify;

use crate::error::{Code, Error};

/// One piece of work's wish to end.
#[derive(Debug, Default)]
pub struct Token {
    cancelled: AtomicBool,
    notify: Notify,
    parts: Mutex<Vec<Weak<Token>>>,
}

tokio::task_local! {
    /// The token of the work that this task does.
    pub static CURRENT: Arc<Token>;
}

impl Token {
    /// Asks the work to end.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Release);
        self.notify.notify_waiters();
        let parts = std::mem::take(&mut *self.parts.lock().unwrap_or_else(PoisonError::into_inner));
        parts.into_iter().filter_map(|t| t.upgrade()).for_each(|t| t.cancel());
    }

    /// Makes another token end with this one.
    pub fn includes(&self, part: &Arc<Token>) {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::downgrade(part));
        if self.is_cancelled() {
            part.cancel();
        }
    }

    /// Was it asked to end?
    pub fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Acquire)
    }

    /// Comes when it is asked to end.
    pub async fn cancelled(&self) {
        let notified = self.notify.notified();
        tokio::pin!(notified);
        // Registered before the flag is read, so that no wake-up is lost between the two.
        notified.as_mut().enable();
        if !self.is_cancelled() {
            notified.await;
        }
    }

    /// What the caller is told.
    pub fn error(&self) -> Error {
        Error::new(Code::Cancelled, "the query was cancelled")
    }
}

/// All work of one engine.
#[derive(Debug, Default)]
pub struct Interrupts {
    running: Mutex<Vec<Weak<Token>>>,
}

impl Interrupts {
    /// A token that the next [`interrupt`](Self::interrupt) cancels, as long as somebody holds it.
    pub fn token(&self) -> Arc<Token> {
        let token = Arc::new(Token::default());
        self.watch(&token);
        token
    }

    /// Has the next [`interrupt`](Self::interrupt) cancel this token.
    pub fn watch(&self, token: &Arc<Token>) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.retain(|t| t.strong_count() > 0);
        running.push(Arc::downgrade(token));
    }

    /// Cancels everything that runs now.
    pub fn interrupt(&self) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        for token in running.drain(..).filter_map(|t| t.upgrade()) {
            token.cancel();
        }
    }
}
