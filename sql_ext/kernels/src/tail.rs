//! The newest part of a growing list, under absolute indices.

/// Items `base..end` of a list whose older items have been let go.
#[derive(Debug)]
pub(crate) struct Tail<T> {
    base: usize,
    items: Vec<T>,
}

/// Below this many items nothing is moved: it would cost more than it frees.
const SMALL: usize = 1024;

impl<T> Default for Tail<T> {
    fn default() -> Self {
        Self::starting_at(0)
    }
}

impl<T> Tail<T> {
    /// An empty list whose next item has the index `base`.
    pub fn starting_at(base: usize) -> Self {
        Self { base, items: Vec::new() }
    }

    /// One past the newest item.
    pub fn end(&self) -> usize {
        self.base + self.items.len()
    }

    /// Items `from..to`, which must not have been let go.
    #[inline(always)]
    pub fn range(&self, from: usize, to: usize) -> &[T] {
        &self.items[from - self.base..to - self.base]
    }

    /// Item `at`, which must not have been let go.
    #[inline(always)]
    pub fn get(&self, at: usize) -> &T {
        &self.items[at - self.base]
    }

    /// The items to append to.
    pub fn items(&mut self) -> &mut Vec<T> {
        &mut self.items
    }

    /// Lets go of items before `low`; they move when most of the list has gone,
    /// so that the cost per item is constant.
    pub fn trim(&mut self, low: usize) {
        let gone = low.min(self.end()).saturating_sub(self.base);
        if gone >= SMALL && gone * 2 >= self.items.len() {
            self.items.drain(..gone);
            self.base += gone;
            // A batch far larger than what is kept must not pin its memory.
            let room = 4 * self.items.len() + 4 * SMALL;
            if self.items.capacity() > 8 * room {
                self.items.shrink_to(room);
            }
        }
    }

    pub fn memory(&self) -> usize {
        self.items.capacity() * size_of::<T>()
    }
}
