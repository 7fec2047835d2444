//! Cancelling what runs.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::Notify;

use crate::error::{Code, Error};

/// One piece of work's wish to end.
#[derive(Debug, Default)]
pub struct Token {
    cancelled: AtomicBool,
    notify: Notify,
    parts: Mutex<Vec<Weak<Token>>>,
    /// Milliseconds that somebody may wait for the work; 0 for any number.
    limit: AtomicU64,
    /// Microseconds that somebody has.
    waited: AtomicU64,
}

tokio::task_local! {
    /// The token of the work that this task does.
    pub static CURRENT: Arc<Token>;
}

impl Token {
    /// Ends the work once somebody has waited for it so many milliseconds; 0 for any number.
    pub fn limit(&self, milliseconds: u64) {
        self.limit.store(milliseconds, Ordering::Relaxed);
    }

    /// Somebody has waited for the work once more; between two waits its time is their own.
    pub fn waited(&self, time: Duration) {
        let time = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        self.waited.fetch_add(time, Ordering::Relaxed);
        if self.is_late() {
            self.cancel();
        }
    }

    fn is_late(&self) -> bool {
        let limit = self.limit.load(Ordering::Relaxed);
        limit > 0 && self.waited.load(Ordering::Relaxed) >= limit.saturating_mul(1000)
    }

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
        if self.is_late() {
            let limit = self.limit.load(Ordering::Relaxed);
            return Error::new(Code::Timeout, format!("the statement took longer than {limit} ms"))
                .with_hint("raise the setting statement_timeout, or set it to 0");
        }
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
