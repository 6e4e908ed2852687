//! Lists cut into messages that clients take by default.

use prost::Message;

/// Bytes of the elements in one message, about; one element may be longer.
const PIECE_BYTES: usize = 1 << 20;

/// Runs of elements that fit into one message each; at least one run, which may be empty.
pub(super) fn pieces<T: Message>(list: Vec<T>) -> Vec<Vec<T>> {
    let mut out = vec![Vec::new()];
    let mut bytes = 0;
    for element in list {
        let size = element.encoded_len() + 8;
        if bytes > 0 && bytes + size > PIECE_BYTES {
            out.push(Vec::new());
            bytes = 0;
        }
        bytes += size;
        if let Some(last) = out.last_mut() {
            last.push(element);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_small_and_nothing_is_lost() {
        let list: Vec<String> = (0..50).map(|at| at.to_string().repeat(40_000)).collect();
        let cut = pieces(list.clone());
        assert!(cut.len() > 3, "{}", cut.len());
        let small =
            |piece: &Vec<String>| piece.iter().map(Message::encoded_len).sum::<usize>() <= PIECE_BYTES;
        assert!(cut.iter().all(small));
        assert_eq!(cut.concat(), list);
        assert_eq!(pieces(Vec::<String>::new()), [Vec::<String>::new()]);
        assert_eq!(pieces(vec!["x".repeat(2 << 20); 2]).len(), 2);
    }
}
