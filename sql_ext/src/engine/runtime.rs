//! The process's threads, and work that a caller waits for without standing on them.

use std::any::Any;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicPtr, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures::FutureExt;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::task::AbortHandle;

use crate::cancel::{CURRENT, Token};
use crate::error::{Code, Error, Result};
use crate::plan::depth::STACK;

/// On few cores there are more threads than cores, so that a cancelled query which is slow
/// to notice does not keep the others waiting.
const THREADS: usize = 8;

struct Shared {
    process: u32,
    runtime: Runtime,
}

/// Started at first use. Replaced, never freed, in a process that was forked from one
/// that had it: its threads do not exist there.
static SHARED: AtomicPtr<Shared> = AtomicPtr::new(std::ptr::null_mut());

/// A handle on the process's runtime.
pub fn handle() -> Result<Handle> {
    let seen = SHARED.load(Ordering::Acquire);
    // SAFETY: the pointer is null or came from `Box::leak` below.
    if let Some(shared) = unsafe { seen.as_ref() }
        && shared.process == std::process::id()
    {
        return Ok(shared.runtime.handle().clone());
    }
    let runtime = Builder::new_multi_thread()
        .enable_time()
        .worker_threads(std::thread::available_parallelism().map_or(THREADS, |n| n.get().max(THREADS)))
        .thread_name("ltseq")
        .thread_stack_size(STACK)
        .build()
        .map_err(|e| Error::new(Code::Internal, format!("cannot start threads: {e}")))?;
    let handle = runtime.handle().clone();
    let fresh = Box::into_raw(Box::new(Shared { process: std::process::id(), runtime }));
    match SHARED.compare_exchange(seen, fresh, Ordering::AcqRel, Ordering::Acquire) {
        Ok(_) => Ok(handle),
        Err(other) => {
            // SAFETY: nobody else has seen `fresh`, and whoever won left a leaked pointer.
            let (lost, won) = unsafe { (Box::from_raw(fresh), &*other) };
            lost.runtime.shutdown_background();
            Ok(won.runtime.handle().clone())
        }
    }
}

/// A panic's text as an error of ours.
pub fn panic_error(payload: &(dyn Any + Send)) -> Error {
    let text = payload
        .downcast_ref::<&str>()
        .map(ToString::to_string)
        .or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".to_string());
    Error::new(Code::Internal, format!("the engine failed: {text}"))
        .with_hint("this is a fault of LTSeq; please report it with the query")
}

/// Runs to the end, to the token's cancellation, or to a panic, whichever comes first.
pub async fn guard<T>(token: &Token, work: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::select! {
        biased;
        () = token.cancelled() => Err(token.error()),
        done = AssertUnwindSafe(work).catch_unwind() => match done {
            Ok(result) => result,
            Err(payload) => Err(panic_error(payload.as_ref())),
        },
    }
}

/// Work on the runtime; dropping it cancels the work.
///
/// The caller waits on a channel of the standard library: the runtime's own timers
/// stand still while all its threads are busy.
pub struct Task<T> {
    abort: AbortHandle,
    token: Arc<Token>,
    done: Mutex<Option<Receiver<Result<T>>>>,
}

impl<T: Send + 'static> Task<T> {
    /// Starts `work`.
    pub fn spawn(token: Arc<Token>, work: impl Future<Output = Result<T>> + Send + 'static) -> Result<Self> {
        let (tx, rx) = sync_channel(1);
        let watched = Arc::clone(&token);
        let task = handle()?.spawn(async move {
            let result = CURRENT.scope(Arc::clone(&watched), guard(&watched, work)).await;
            // Nobody may be waiting any more.
            let _ = tx.send(result);
        });
        Ok(Task { abort: task.abort_handle(), token, done: Mutex::new(Some(rx)) })
    }

    /// Waits at most so long; the result comes once.
    ///
    /// A cancelled task is not waited for: what it runs may take a while to notice.
    pub fn wait(&self, timeout: Duration) -> Option<Result<T>> {
        let mut slot = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        let rx = slot.as_mut()?;
        let begun = Instant::now();
        let received = rx.recv_timeout(timeout);
        self.token.waited(begun.elapsed());
        let result = match received {
            Ok(result) => result,
            Err(RecvTimeoutError::Timeout) if self.token.is_cancelled() => {
                self.abort.abort();
                Err(self.token.error())
            }
            Err(RecvTimeoutError::Timeout) => return None,
            Err(RecvTimeoutError::Disconnected) => Err(self.token.error()),
        };
        *slot = None;
        Some(result)
    }

    /// Waits for the end.
    pub fn join(self) -> Result<T> {
        loop {
            if let Some(result) = self.wait(Duration::from_millis(100)) {
                return result;
            }
        }
    }
}

impl<T> Drop for Task<T> {
    fn drop(&mut self) {
        self.token.cancel();
        self.abort.abort();
    }
}
