//! Quirks in how bytes are written.

use crate::answer::{Action, Actions, Does};

/// Whether a write ends between two neighbouring bytes.
type Border = fn(u8, u8) -> bool;

pub(super) fn between_cr_and_lf(before: u8, after: u8) -> bool {
    before == b'\r' && after == b'\n'
}

/// After the first byte of every character of several bytes.
pub(super) fn within_characters(before: u8, after: u8) -> bool {
    /// Bytes that continue a character are `10xxxxxx`.
    const fn continues(byte: u8) -> bool {
        byte & 0xc0 == 0x80
    }
    !continues(before) && continues(after)
}

pub(super) fn everywhere(_: u8, _: u8) -> bool {
    true
}

/// The actions with writes cut at such borders.
pub(super) fn split(actions: Actions, border: Border) -> Actions {
    Box::new(actions.flat_map(move |action| {
        let after = action.after;
        let Does::Send { bytes, .. } = &action.does else { return vec![action] };
        let borders =
            bytes.windows(2).enumerate().filter(|(_, pair)| border(pair[0], pair[1])).map(|(at, _)| at + 1);
        let ends: Vec<_> = borders.chain([bytes.len()]).collect();
        let starts = std::iter::once(0).chain(ends.iter().copied());
        starts
            .zip(ends.iter().copied())
            .map(|(start, end)| Action::send(after, bytes.slice(start..end)))
            .collect()
    }))
}

/// The actions with a byte order mark before the first byte.
pub(super) fn with_byte_order_mark(actions: Actions) -> Actions {
    let mut mark: &[u8] = b"\xef\xbb\xbf";
    Box::new(actions.map(move |mut action| {
        if let Does::Send { bytes, .. } = &mut action.does {
            *bytes = [std::mem::take(&mut mark), bytes].concat().into();
        }
        action
    }))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use bytes::Bytes;

    use super::*;

    fn check(border: Border, text: &str, expected: &[&[u8]]) {
        let action = Action::send(Duration::ZERO, Bytes::from(text.to_owned()));
        let writes: Vec<_> = split(Box::new([action].into_iter()), border)
            .filter_map(|action| if let Does::Send { bytes, .. } = action.does { Some(bytes) } else { None })
            .collect();
        assert_eq!(writes, expected);
    }

    #[test]
    fn writes_are_cut_where_a_careless_reader_breaks() {
        check(between_cr_and_lf, "a\r\n\r\n", &[b"a\r", b"\n\r", b"\n"]);
        check(within_characters, "a我b", &[b"a\xe6", b"\x88\x91b"]);
        check(everywhere, "abc", &[b"a", b"b", b"c"]);
    }
}
