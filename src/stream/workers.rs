//! Work done by several threads, taken in its order.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::mpsc::{channel, sync_channel};
use std::thread;

/// So many threads; 0 are as many as there are processors. To ask takes fifty system calls, so it is done where the
/// answer matters.
pub(crate) fn count(threads: usize) -> usize {
    match threads {
        0 => thread::available_parallelism().map_or(1, NonZero::get),
        threads => threads,
    }
}

/// Does `work` for every job with `threads` threads (0: as many as there are processors) and hands what comes out to `take` in the order of the jobs.
///
/// Jobs are made, and results are taken, on the calling thread; no more than `ahead` of them for each thread are in
/// memory. A job that panics gives `None`. The first error of `take` ends it.
pub fn in_order<J: Send, R: Send, E>(
    threads: usize,
    ahead: usize,
    jobs: impl IntoIterator<Item = J>,
    work: impl Fn(J) -> R + Sync,
    mut take: impl FnMut(Option<R>) -> Result<(), E>,
) -> Result<(), E> {
    let guarded = |job| catch_unwind(AssertUnwindSafe(|| work(job))).ok();
    let mut jobs = jobs.into_iter();
    let threads = count(threads);
    if threads == 1 {
        return jobs.try_for_each(|job| take(guarded(job)));
    }
    let most = threads * ahead.max(1);
    let (give, given) = sync_channel::<(usize, J)>(most);
    let (answer, answers) = channel();
    let given = Mutex::new(given);
    thread::scope(|scope| {
        // Dropped at the end, which sends the threads home.
        let give = give;
        let (given, guarded) = (&given, &guarded);
        for _ in 0..threads {
            let answer = answer.clone();
            scope.spawn(move || {
                loop {
                    let next = given
                        .lock()
                        .unwrap_or_else(|poisoned| poisoned.into_inner())
                        .recv();
                    let Ok((number, job)) = next else {
                        return;
                    };
                    if answer.send((number, guarded(job))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(answer);
        let mut waiting = BTreeMap::new();
        let (mut given_out, mut taken) = (0, 0);
        let mut exhausted = false;
        loop {
            while !exhausted && given_out - taken < most {
                match jobs.next() {
                    Some(job) => {
                        // The threads live until the channel is dropped.
                        let _ = give.send((given_out, job));
                        given_out += 1;
                    }
                    None => exhausted = true,
                }
                // What is done meanwhile need not wait until all jobs are given out.
                while let Ok((number, result)) = answers.try_recv() {
                    waiting.insert(number, result);
                }
                while let Some(result) = waiting.remove(&taken) {
                    taken += 1;
                    take(result)?;
                }
            }
            if taken == given_out {
                return Ok(());
            }
            let Ok((number, result)) = answers.recv() else {
                return Ok(());
            };
            waiting.insert(number, result);
            while let Some(result) = waiting.remove(&taken) {
                taken += 1;
                take(result)?;
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn results_come_in_the_order_of_the_jobs() {
        for threads in [1, 2, 7] {
            let mut seen = Vec::new();
            let work = |job: usize| {
                if job.is_multiple_of(10) {
                    thread::sleep(std::time::Duration::from_millis(2));
                }
                job * 2
            };
            in_order(threads, 16, 0..500, work, |result| {
                seen.push(result.unwrap());
                Ok::<_, ()>(())
            })
            .unwrap();
            assert_eq!(seen, (0..500).map(|job| job * 2).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_panic_is_one_lost_job_and_an_error_ends_it() {
        let mut lost = 0;
        in_order(
            2,
            16,
            0..20,
            |job| assert!(job != 7, "job 7"),
            |result| {
                lost += usize::from(result.is_none());
                Ok::<_, ()>(())
            },
        )
        .unwrap();
        assert_eq!(lost, 1);
        let made = AtomicUsize::new(0);
        let jobs = (0..10_000).inspect(|_| {
            made.fetch_add(1, Ordering::Relaxed);
        });
        assert_eq!(
            in_order(2, 16, jobs, |job| job, |_| Err("full")),
            Err("full")
        );
        assert!(
            made.into_inner() <= 2 * 16 + 1,
            "the jobs ahead are bounded"
        );
    }
}
