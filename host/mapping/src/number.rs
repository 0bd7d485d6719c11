//! Reads numbers out of text in the two ways of JavaScript: the whole text, or its beginning.
//! Never knows `NaN`: what is not a number is `None`.

use crate::decimal::Decimal;

/// A number in its order among all.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Number {
    NegativeInfinity,
    Finite(Decimal),
    Infinity,
}

/// The whole text as a number, for loose equality: white space around it is ignored and nothing at all is 0.
pub(super) fn whole(text: &str) -> Option<Decimal> {
    let text = text.trim_matches(is_white_space);
    if text.is_empty() {
        return Decimal::parse("0");
    }
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => hexadecimal(digits),
        None => Decimal::parse(text),
    }
}

/// The longest beginning of the text that is a number, for `lt` and the like: `10px` is 10.
pub(super) fn leading(text: &str) -> Option<Number> {
    let text = text.trim_start_matches(is_white_space);
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if unsigned.starts_with("Infinity") {
        return Some(if text.starts_with('-') { Number::NegativeInfinity } else { Number::Infinity });
    }
    let length = text.len() - unsigned.len() + decimal_length(unsigned);
    Decimal::parse(text.get(..length)?).map(Number::Finite)
}

/// What JavaScript takes for white space.
pub(super) fn is_white_space(character: char) -> bool {
    (character.is_whitespace() && character != '\u{85}') || character == '\u{feff}'
}

fn hexadecimal(digits: &str) -> Option<Decimal> {
    let are_digits = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    are_digits.then(|| u128::from_str_radix(digits, 16).ok())?.and_then(|number| Decimal::parse(&number.to_string()))
}

fn decimal_length(text: &str) -> usize {
    let whole = digits_length(text);
    let fraction = match text.get(whole..).and_then(|rest| rest.strip_prefix('.')) {
        Some(rest) => 1 + digits_length(rest),
        None => 0,
    };
    let mantissa = whole + fraction;
    mantissa + text.get(mantissa..).map_or(0, exponent_length)
}

fn exponent_length(text: &str) -> usize {
    let Some(rest) = text.strip_prefix(['e', 'E']) else {
        return 0;
    };
    let unsigned = rest.strip_prefix(['+', '-']).unwrap_or(rest);
    match digits_length(unsigned) {
        0 => 0,
        digits => text.len() - unsigned.len() + digits,
    }
}

fn digits_length(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}
