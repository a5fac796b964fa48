//! How many calls run at once: one more waits for the first that ends. No plugin takes all the places.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// The pooling allocator has a fixed number of places and fails when they are taken. Calls are
/// short and bounded by fuel, so waiting for a place is better than an error that only load explains.
///
/// A call that loops until its fuel is spent holds its place for a fifth of a second, thousands of times as long as a good one.
/// So the calls of one plugin take half of the places at most: whatever one plugin does, the others find a place at once,
/// and the system shares out the processor.
#[derive(Debug)]
pub(crate) struct Slots {
    free: Mutex<u32>,
    freed: Condvar,
    /// How many may be of one plugin.
    each: u32,
}

/// How many places the calls of one plugin hold. Changed under the lock of [`Slots::free`] alone.
#[derive(Debug, Default)]
pub(crate) struct Share {
    held: AtomicU32,
    /// For its calls that wait because it has as many as it may. They are woken by its own calls alone: whoever keeps a
    /// line of them waiting must not make the others run for nothing.
    freed: Condvar,
}

/// One place; it is given back when this is dropped.
#[derive(Debug)]
pub(crate) struct Slot<'a>(&'a Slots, &'a Share);

impl Slots {
    pub(crate) fn new(count: u32) -> Self {
        Slots {
            free: Mutex::new(count),
            freed: Condvar::new(),
            each: count.div_ceil(2),
        }
    }

    /// Takes a place for a call of the plugin whose share this is, waiting for one if need be.
    pub(crate) fn take<'a>(&'a self, share: &'a Share) -> Slot<'a> {
        let mut free = self.free();
        loop {
            let woken = if share.held() >= self.each {
                if *free > 0 {
                    // It may have been woken for a place that another can take.
                    self.freed.notify_one();
                }
                share.freed.wait(free)
            } else if *free == 0 {
                self.freed.wait(free)
            } else {
                break;
            };
            free = woken.unwrap_or_else(PoisonError::into_inner);
        }
        *free -= 1;
        share.set(share.held() + 1);
        Slot(self, share)
    }

    /// A number cannot be left half written, so a poisoned lock is as good as any other.
    fn free(&self) -> MutexGuard<'_, u32> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Share {
    fn held(&self) -> u32 {
        self.held.load(Ordering::Relaxed)
    }

    fn set(&self, held: u32) {
        self.held.store(held, Ordering::Relaxed);
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        let Slot(slots, share) = self;
        let mut free = slots.free();
        *free += 1;
        share.set(share.held() - 1);
        drop(free);
        share.freed.notify_one();
        slots.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::thread;

    use super::*;

    #[test]
    fn a_plugin_with_its_share_leaves_places_to_others() {
        let slots = Slots::new(4);
        let (greedy, modest) = (Share::default(), Share::default());
        let held = [slots.take(&greedy), slots.take(&greedy)];
        thread::scope(|scope| {
            let (sender, taken) = mpsc::channel();
            let third = sender.clone();
            scope.spawn(|| {
                let slot = slots.take(&greedy);
                third.send("greedy").unwrap();
                drop((slot, third));
            });
            // Both of these find a place, whatever the third call of the other plugin does.
            let others = [slots.take(&modest), slots.take(&modest)];
            sender.send("modest").unwrap();
            assert_eq!(taken.recv().unwrap(), "modest");
            drop(others);
            assert!(taken.try_recv().is_err(), "it has its share");
            drop(held);
            assert_eq!(taken.recv().unwrap(), "greedy");
        });
        assert_eq!((*slots.free(), greedy.held(), modest.held()), (4, 0, 0));
    }

    #[test]
    fn whoever_waits_gets_a_place_in_the_end() {
        let slots = Slots::new(3);
        let shares = [Share::default(), Share::default(), Share::default()];
        thread::scope(|scope| {
            for share in shares.iter().cycle().take(12) {
                scope.spawn(|| {
                    for _ in 0..2000 {
                        let slot = slots.take(share);
                        assert!(share.held() <= 2);
                        drop(slot);
                    }
                });
            }
        });
        assert_eq!(*slots.free(), 3);
        assert!(shares.iter().all(|share| share.held() == 0));
    }

    #[test]
    fn one_place_is_for_whoever_comes() {
        let slots = Slots::new(1);
        let (one, other) = (Share::default(), Share::default());
        for share in [&one, &other, &one] {
            drop(slots.take(share));
        }
        assert_eq!(*slots.free(), 1);
    }
}
