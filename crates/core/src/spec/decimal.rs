//! Decimals to the nearest f64. The standard library's way is faster and brings 10 KB of tables, which every visitor of
//! the page would fetch; an address holds a dozen numbers.

/// The most powers of ten, either way: far beyond every field's range, and short of f64's own ends.
const MOST_TENS: u32 = 280;

/// The number nearest to a decimal, ties to even: digits, at most one point, an optional exponent; no sign, space or
/// word. `None` for anything else, and for what needs more than 280 powers of ten.
#[must_use]
pub fn decimal(text: &str) -> Option<f64> {
    let (number, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let mut digits = Natural::default();
    for digit in whole.chars().chain(fraction.chars()) {
        digits.scale(10, digit.to_digit(10)?);
    }
    let places = i32::try_from(fraction.len()).ok()?;
    let tens = exponent.parse::<i32>().ok()?.checked_sub(places)?;
    if digits.words.is_empty() {
        return Some(0.0);
    }
    if tens.unsigned_abs() > MOST_TENS {
        return None;
    }
    let mut divisor = Natural { words: vec![1] };
    let scaled = if tens < 0 { &mut divisor } else { &mut digits };
    (0..tens.unsigned_abs()).for_each(|_| scaled.scale(10, 0));
    Some(nearest_quotient(digits, divisor)).filter(|value| value.is_finite())
}

/// n / d for positive n and d, rounded once: 64 bits by long division, with what is left in the last of them.
fn nearest_quotient(mut n: Natural, mut d: Natural) -> f64 {
    let doublings = n.bits() - d.bits();
    let smaller = if doublings < 0 { &mut n } else { &mut d };
    (0..doublings.unsigned_abs()).for_each(|_| smaller.scale(2, 0));
    let mut quotient = 0_u64;
    for _ in 0..u64::BITS {
        quotient = 2 * quotient + u64::from(n.take(&d));
        n.scale(2, 0);
    }
    quotient |= u64::from(!n.words.is_empty());
    // 2^(doublings − 63), which is far from both ends of f64's exponents.
    let unit = f64::from_bits(u64::from((1023 - 63 + doublings).unsigned_abs()) << 52);
    #[expect(clippy::cast_precision_loss, reason = "this is the one rounding")]
    let rounded = quotient as f64;
    rounded * unit
}

/// A natural number: words from the lowest on, the last of them not 0.
#[derive(Default, PartialEq)]
struct Natural {
    words: Vec<u32>,
}

impl Natural {
    /// self · factor + more
    fn scale(&mut self, factor: u32, more: u32) {
        let mut carry = u64::from(more);
        for word in &mut self.words {
            carry += u64::from(*word) * u64::from(factor);
            (*word, carry) = (low(carry), carry >> 32);
        }
        if carry > 0 {
            self.words.push(low(carry));
        }
    }

    /// Subtracts `other` if there is that much.
    fn take(&mut self, other: &Self) -> bool {
        let order = self.words.len().cmp(&other.words.len());
        if order.then_with(|| self.words.iter().rev().cmp(other.words.iter().rev())).is_lt() {
            return false;
        }
        let mut borrow = false;
        for (at, word) in self.words.iter_mut().enumerate() {
            let (rest, under) = word.overflowing_sub(other.words.get(at).copied().unwrap_or(0));
            let (rest, more) = rest.overflowing_sub(u32::from(borrow));
            (*word, borrow) = (rest, under || more);
        }
        while self.words.last() == Some(&0) {
            self.words.pop();
        }
        true
    }

    fn bits(&self) -> i32 {
        let top = self.words.last().map_or(0, |word| u32::BITS - word.leading_zeros());
        (self.words.len() as i32 - 1) * 32 + top as i32
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the low half is meant")]
const fn low(word: u64) -> u32 {
    word as u32
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::decimal;

    #[test]
    fn the_odd_and_the_hard_read_as_the_standard_library_reads_them() {
        for text in [
            "0",
            "0.0",
            ".5",
            "5.",
            "1e5",
            "1E-5",
            "1e+5",
            "000.100",
            "0e999",
            "9007199254740993",
            // Ties, and decimals close to one.
            "9007199254740995",
            "1.00000000000000011102230246251565",
            "1.000000000000000111022302462515655",
            "8.41e21",
            "123456789012345678901234567890123456789e-270",
            "1e280",
            "1e-280",
            "2.5e-7",
        ] {
            assert_eq!(
                decimal(text).map(f64::to_bits),
                text.parse().ok().map(f64::to_bits),
                "{text}"
            );
        }
        for text in [
            "", ".", "e5", "1e", "-1", "+1", " 1", "1 ", "1.2.3", "0x1", "inf", "NaN", "1e5.0",
            "1e281", "१",
        ] {
            assert_eq!(decimal(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_decimal_reads_as_the_standard_library_reads_it(text in r"[0-9]{1,20}(\.[0-9]{0,19})?(e-?[0-9]{1,2})?") {
            prop_assert_eq!(decimal(&text).map(f64::to_bits), text.parse().ok().map(f64::to_bits));
        }

        #[test]
        fn what_was_printed_reads_back(bits: u64) {
            let x = f64::from_bits(bits & !(1 << 63));
            prop_assume!(x.is_finite() && (1e-260..1e280).contains(&x));
            prop_assert_eq!(decimal(&format!("{x:e}")), Some(x));
        }
    }
}
