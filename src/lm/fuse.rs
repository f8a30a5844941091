//! A 3-wise binary fuse static function: from 48-bit keys to 7-bit values, at 2.27 bytes a key.
//!
//! Graf & Lemire, "Binary Fuse Filters: Fast and Smaller Than Xor Filters" (2022): every key has
//! three places in an array, in three neighbouring segments; the exclusive or of the three slots
//! is the answer. Here a slot has 16 bits, a fingerprint of 9 and a value of 7, so that a key that
//! was never stored is taken for a stored one once in 512 times.

/// How many bits of a slot are the value.
pub(crate) const VALUE_BITS: u32 = 7;
const VALUE_MASK: u16 = (1 << VALUE_BITS) - 1;

/// Seeds tried before giving up; one is enough in nearly all cases.
const ATTEMPTS: u64 = 100;

/// Where the keys of a table are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) seed: u64,
    /// A power of two.
    pub(crate) segment_length: u32,
    /// Segments in which the first of the three places may lie.
    pub(crate) segment_count: u32,
}

impl Shape {
    /// The shape for this many keys; sizes from the reference implementation of the paper.
    pub(crate) fn for_keys(n: usize) -> Shape {
        let size = n.max(2) as f64;
        let exponent = (size.ln() / 3.33_f64.ln() + 2.25).floor() as u32;
        let segment_length = 1_u32 << exponent.min(18);
        let factor = (0.875 + 0.25 * 1_000_000_f64.ln() / size.ln()).max(1.125);
        let capacity = (size * factor).round() as u64;
        let segments = capacity
            .div_ceil(u64::from(segment_length))
            .saturating_sub(2)
            .max(1);
        Shape {
            seed: 0,
            segment_length,
            segment_count: segments as u32,
        }
    }

    /// How many slots there are. `None` if that does not fit, which only a broken file causes.
    pub(crate) fn slots(&self) -> Option<u32> {
        self.segment_count
            .checked_add(2)?
            .checked_mul(self.segment_length)
    }

    /// The three places of a key, all below [`Shape::slots`], and its fingerprint.
    #[inline]
    fn places(&self, key: u64) -> ([usize; 3], u16) {
        let hash = mix(key.wrapping_add(self.seed));
        let mask = self.segment_length.wrapping_sub(1);
        let span = u64::from(self.segment_count) * u64::from(self.segment_length);
        let first = ((u128::from(hash) * u128::from(span)) >> 64) as u32;
        let second = first.wrapping_add(self.segment_length) ^ ((hash >> 18) as u32 & mask);
        let third = first.wrapping_add(2 * self.segment_length) ^ (hash as u32 & mask);
        let fingerprint = (hash.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - 9)) as u16;
        (
            [first as usize, second as usize, third as usize],
            fingerprint << VALUE_BITS,
        )
    }
}

/// The finaliser of MurmurHash3.
#[inline]
fn mix(mut h: u64) -> u64 {
    h ^= h >> 33;
    h = h.wrapping_mul(0xff51_afd7_ed55_8ccd);
    h ^= h >> 33;
    h = h.wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    h ^ (h >> 33)
}

/// The value of a key, or `None` if the key was not stored (for 1 in 512 of those: a wrong value).
#[inline]
pub(crate) fn find(shape: &Shape, slots: &[[u8; 2]], key: u64) -> Option<u16> {
    let ([i, j, k], fingerprint) = shape.places(key);
    let slot = |place: usize| {
        slots
            .get(place)
            .map_or(0, |bytes| u16::from_le_bytes(*bytes))
    };
    let found = slot(i) ^ slot(j) ^ slot(k);
    ((found ^ fingerprint) & !VALUE_MASK == 0).then_some(found & VALUE_MASK)
}

/// Stores distinct keys with their values (below 128). `None` if no seed works, which distinct
/// keys do not cause in practice.
pub(crate) fn build(entries: &[(u64, u16)]) -> Option<(Shape, Vec<u16>)> {
    let mut shape = Shape::for_keys(entries.len());
    let size = shape.slots()? as usize;
    'seeds: for attempt in 1..=ATTEMPTS {
        shape.seed = mix(attempt);
        // Which entries meet in a slot: how many, and the exclusive or of their numbers.
        let mut meetings = vec![(0_u32, 0_u32); size];
        for (i, (key, _)) in entries.iter().enumerate() {
            for place in shape.places(*key).0 {
                meetings[place].0 += 1;
                meetings[place].1 ^= i as u32;
            }
        }
        // Peel: a slot with one entry left can be given to that entry.
        let mut alone: Vec<u32> = (0..size as u32)
            .filter(|&place| meetings[place as usize].0 == 1)
            .collect();
        let mut order = Vec::with_capacity(entries.len());
        while let Some(place) = alone.pop() {
            let (n, i) = meetings[place as usize];
            if n != 1 {
                continue;
            }
            order.push((i, place));
            for other in shape.places(entries[i as usize].0).0 {
                meetings[other].0 -= 1;
                meetings[other].1 ^= i;
                if meetings[other].0 == 1 {
                    alone.push(other as u32);
                }
            }
        }
        if order.len() != entries.len() {
            continue 'seeds;
        }
        let mut slots = vec![0_u16; size];
        for &(i, place) in order.iter().rev() {
            let (key, value) = entries[i as usize];
            let (places, fingerprint) = shape.places(key);
            let others = places.iter().fold(0, |sum, &p| sum ^ slots[p]);
            slots[place as usize] ^= others ^ (fingerprint | (value & VALUE_MASK));
        }
        return Some((shape, slots));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(slots: &[u16]) -> Vec<[u8; 2]> {
        slots.iter().map(|slot| slot.to_le_bytes()).collect()
    }

    #[test]
    fn finds_what_was_stored() {
        for n in [0_u64, 1, 2, 3, 10, 1000, 50_000] {
            let entries: Vec<(u64, u16)> = (0..n).map(|i| (i * 77_777, (i % 128) as u16)).collect();
            let (shape, slots) = build(&entries).expect("a seed works");
            let slots = bytes(&slots);
            for (key, value) in entries {
                assert_eq!(find(&shape, &slots, key), Some(value));
            }
        }
    }

    #[test]
    fn seldom_finds_what_was_not() {
        let entries: Vec<(u64, u16)> = (0..20_000).map(|i| (i, 5)).collect();
        let (shape, slots) = build(&entries).expect("a seed works");
        let slots = bytes(&slots);
        let wrong = (20_000..120_000)
            .filter(|&key| find(&shape, &slots, key).is_some())
            .count();
        assert!(
            (100..300).contains(&wrong),
            "{wrong} of 100,000, about 195 expected"
        );
    }

    #[test]
    fn costs_about_nine_eighths_of_a_slot_per_key() {
        let slots = Shape::for_keys(900_000).slots().expect("fits");
        assert!(f64::from(slots) < 900_000.0 * 1.15, "{slots}");
    }
}
