//! How far a run is, on a terminal.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use hanfix::source::walk::Walker;
use indicatif::{HumanBytes, ProgressBar, ProgressDrawTarget, ProgressStyle};

/// The bar is drawn again so often.
const TICK: Duration = Duration::from_millis(200);

/// A line on standard error: files, bytes, rate, time left.
pub(crate) struct Progress {
    bar: ProgressBar,
    files: AtomicU64,
    stop: Arc<AtomicBool>,
    counter: Option<JoinHandle<()>>,
}

impl Progress {
    /// Nothing to see.
    pub(crate) fn hidden() -> Progress {
        Progress {
            bar: ProgressBar::hidden(),
            files: AtomicU64::new(0),
            stop: Arc::default(),
            counter: None,
        }
    }

    /// A bar for the files below some paths, which are counted while the work goes on.
    pub(crate) fn shown(paths: Vec<PathBuf>, walker: Walker) -> Progress {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        // The template is a constant.
        if let Ok(style) = ProgressStyle::with_template(
            "{spinner} {msg}, {bytes} of {total_bytes} ({bytes_per_sec}), {eta} left",
        ) {
            bar.set_style(style);
        }
        bar.enable_steady_tick(TICK);
        let stop = Arc::new(AtomicBool::new(false));
        let (counting, flag) = (bar.clone(), stop.clone());
        let counter = thread::spawn(move || {
            let mut total = 0;
            for path in paths {
                let found = walker.below(&path, |_| {}).into_iter().flatten().flatten();
                for found in found {
                    if flag.load(Ordering::Relaxed) {
                        return;
                    }
                    total += found.path.metadata().map_or(0, |metadata| metadata.len());
                    counting.set_length(total);
                }
            }
        });
        Progress {
            bar,
            files: AtomicU64::new(0),
            stop,
            counter: Some(counter),
        }
    }

    /// One more file, of so many bytes.
    pub(crate) fn file(&self, bytes: u64) {
        let files = self.files.fetch_add(1, Ordering::Relaxed) + 1;
        self.bar.inc(bytes);
        self.bar.set_message(format!("{files} files"));
    }

    /// Does something that writes to the terminal.
    pub(crate) fn aside<T>(&self, work: impl FnOnce() -> T) -> T {
        self.bar.suspend(work)
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(counter) = self.counter.take() {
            let _ = counter.join();
        }
        self.bar.finish_and_clear();
    }
}

/// `1.2 MiB`.
pub(crate) fn human(bytes: u64) -> String {
    HumanBytes(bytes).to_string()
}
