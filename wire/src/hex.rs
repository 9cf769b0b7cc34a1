//! Bytes written as pairs of hexadecimal digits, as some vendors send audio and every signature is written.

/// Why a text is no such bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HexError {
    /// One digit has no partner.
    #[error("expected an even number of hexadecimal digits, got {0}")]
    Odd(usize),
    /// A character is no digit.
    #[error("expected hexadecimal digits only, got another character at {0}")]
    Digit(usize),
}

/// The bytes of a text of digits in either case.
///
/// # Errors
/// When it has an odd length or anything but digits in it.
pub fn decode(text: &str) -> Result<Vec<u8>, HexError> {
    if text.len() % 2 == 1 {
        return Err(HexError::Odd(text.len()));
    }
    let digit = |at: usize, byte: u8| match byte {
        b'0'..=b'9' => Ok(byte - b'0'),
        b'a'..=b'f' => Ok(byte - b'a' + 10),
        b'A'..=b'F' => Ok(byte - b'A' + 10),
        _ => Err(HexError::Digit(at)),
    };
    let pair = |(at, pair): (usize, &[u8])| Ok(digit(2 * at, pair[0])? << 4 | digit(2 * at + 1, pair[1])?);
    text.as_bytes().chunks_exact(2).enumerate().map(pair).collect()
}

/// The digits of these bytes, in lower case.
#[must_use]
pub fn encode(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|half| char::from(DIGITS[usize::from(half)]))
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn digits_are_bytes_and_nothing_else_is() {
        assert_eq!(decode("00fFa0"), Ok(vec![0, 255, 160]));
        assert_eq!(decode(""), Ok(vec![]));
        assert_eq!(decode("abc"), Err(HexError::Odd(3)));
        assert_eq!(decode("ag"), Err(HexError::Digit(1)));
        assert_eq!(decode("你1"), Err(HexError::Digit(0)));
    }

    proptest! {
        #[test]
        fn what_was_written_reads_the_same(bytes in proptest::collection::vec(any::<u8>(), 0..99)) {
            prop_assert_eq!(decode(&encode(&bytes)), Ok(bytes));
        }

        #[test]
        fn no_text_breaks_it(text: String) {
            let _ = decode(&text);
        }
    }
}
