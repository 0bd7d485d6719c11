//! Reads numbers out of text in the two ways of JavaScript: the whole text, or its beginning.
//! Never knows `NaN`: what is not a number is `None`.

/// The whole text as a number, for loose equality: white space around it is ignored and nothing at all is 0.
pub(super) fn whole(text: &str) -> Option<f64> {
    let text = text.trim_matches(is_white_space);
    if text.is_empty() {
        return Some(0.0);
    }
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => hexadecimal(digits),
        // Rust also reads words such as `inf`, which JavaScript does not.
        None => text.bytes().all(|byte| b"0123456789+-.eE".contains(&byte)).then(|| text.parse().ok())?,
    }
}

/// The longest beginning of the text that is a number, for `lt` and the like: `10px` is 10.
pub(super) fn leading(text: &str) -> Option<f64> {
    let text = text.trim_start_matches(is_white_space);
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let sign = if text.starts_with('-') { -1.0 } else { 1.0 };
    if unsigned.starts_with("Infinity") {
        return Some(sign * f64::INFINITY);
    }
    let length = decimal_length(unsigned);
    let number: f64 = unsigned.get(..length)?.parse().ok()?;
    Some(sign * number)
}

/// What JavaScript takes for white space.
pub(super) fn is_white_space(character: char) -> bool {
    (character.is_whitespace() && character != '\u{85}') || character == '\u{feff}'
}

fn hexadecimal(digits: &str) -> Option<f64> {
    let are_digits = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    are_digits.then(|| u128::from_str_radix(digits, 16).ok())?.map(|number| number as f64)
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
