//! Whether a message is the answer to another, byte by byte: what else it holds is its asker's business.

/// The header of every message, in bytes.
const HEADER: usize = 12;
/// In the third byte: it is an answer.
const RESPONSE: u8 = 0x80;
/// The longest label; what is above is a pointer, which a first question has no use for.
const LABEL: u8 = 63;

/// Whether `reply` has the number of `question`, and repeats what it asks.
pub fn echoes(question: &[u8], reply: &[u8]) -> bool {
    let (Some(asked), Some(told)) = (part(question), part(reply)) else {
        return false;
    };
    question[..2] == reply[..2] && reply[2] & RESPONSE != 0 && asked.eq_ignore_ascii_case(told)
}

/// The question of a message that has one: name, type and class.
fn part(message: &[u8]) -> Option<&[u8]> {
    if message.get(4..6)? != [0, 1] {
        return None;
    }
    let mut at = HEADER;
    loop {
        let length = *message.get(at)?;
        at += 1 + usize::from(length);
        match length {
            0 => return message.get(HEADER..at + 4),
            1..=LABEL => {}
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(id: u8, flags: u8, name: &[u8]) -> Vec<u8> {
        [
            &[0, id, flags, 0, 0, 1, 0, 0, 0, 0, 0, 0],
            name,
            &[0, 0, 1, 0, 1],
        ]
        .concat()
    }

    #[test]
    fn an_answer_repeats_number_and_question() {
        let asked = message(7, 1, b"\x03web");
        assert!(echoes(&asked, &message(7, 0x81, b"\x03WEB")));
        for other in [
            message(8, 0x81, b"\x03web"),
            message(7, 1, b"\x03web"),
            message(7, 0x81, b"\x03wet"),
            message(7, 0x81, b"\xc0\x0c"),
        ] {
            assert!(!echoes(&asked, &other));
        }
    }

    #[test]
    fn whatever_comes_nothing_breaks() {
        bolero::check!().for_each(|bytes: &[u8]| {
            let asked = message(7, 1, b"\x03web");
            assert!(!echoes(&asked, bytes) || bytes.len() >= asked.len());
        });
    }
}
