//! A stream in gzip (RFC 1952) of stored blocks: nothing gets smaller, but whoever asked for plain text gets none.

use std::time::Duration;

use bytes::Bytes;

use crate::answer::{Action, Actions, Does};

/// Magic, deflate, no flags, no time, no extra flags, unknown system.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];

/// The longest stored block.
const BLOCK: usize = 0xffff;

/// The actions with everything sent compressed, each write for itself.
pub(super) fn compressed(mut actions: Actions) -> Actions {
    let mut gzip = Some(Gzip { crc: !0, length: 0, begun: false, last: Duration::ZERO });
    Box::new(std::iter::from_fn(move || {
        let Some(mut action) = actions.next() else {
            return gzip.take().map(Gzip::end);
        };
        match (&mut action.does, &mut gzip) {
            (Does::Send { bytes, .. }, Some(gzip)) => {
                *bytes = gzip.write(bytes);
                gzip.last = action.after;
            }
            // Whatever breaks the answer off leaves the compressed stream unfinished too.
            (Does::End | Does::Reset | Does::Hold, _) => gzip = None,
            (Does::Send { .. } | Does::Tell(_), _) => {}
        }
        Some(action)
    }))
}

struct Gzip {
    crc: u32,
    length: u32,
    begun: bool,
    last: Duration,
}

impl Gzip {
    fn write(&mut self, bytes: &[u8]) -> Bytes {
        let mut out = Vec::with_capacity(bytes.len() + 32);
        if !std::mem::replace(&mut self.begun, true) {
            out.extend_from_slice(&HEADER);
        }
        for block in bytes.chunks(BLOCK) {
            let length = u16::try_from(block.len()).unwrap_or(u16::MAX);
            out.push(0);
            out.extend_from_slice(&length.to_le_bytes());
            out.extend_from_slice(&(!length).to_le_bytes());
            out.extend_from_slice(block);
            self.length = self.length.wrapping_add(u32::from(length));
        }
        self.crc = bytes.iter().fold(self.crc, |crc, byte| crc32(crc, *byte));
        out.into()
    }

    /// An empty last block, the checksum and the length.
    fn end(self) -> Action {
        let mut out = vec![1, 0, 0, 0xff, 0xff];
        out.extend_from_slice(&(!self.crc).to_le_bytes());
        out.extend_from_slice(&self.length.to_le_bytes());
        Action::send(self.last, out)
    }
}

fn crc32(crc: u32, byte: u8) -> u32 {
    (0..8)
        .fold(crc ^ u32::from(byte), |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_are_those_of_the_format() {
        let hello = Action::send(Duration::from_millis(5), "hello");
        let sent: Vec<_> = compressed(Box::new([hello].into_iter()))
            .map(|action| match action.does {
                Does::Send { bytes, .. } => (action.after.as_millis(), bytes.to_vec()),
                _ => (0, Vec::new()),
            })
            .collect();
        // CRC-32 of `hello` is 0x3610a686, as `crc32` of any tool prints it.
        let first = b"\x1f\x8b\x08\0\0\0\0\0\0\xff\0\x05\0\xfa\xffhello".to_vec();
        let last = b"\x01\0\0\xff\xff\x86\xa6\x10\x36\x05\0\0\0".to_vec();
        assert_eq!(sent, [(5, first), (5, last)]);
    }
}
