//! `| unpack`: undoes the collector's `pack` stage.

use std::ops::Range;

use smallvec::SmallVec;

use crate::pipeline::json::{ERROR, string};
use crate::pipeline::json_scan::{Flow, Kind, members, unescape};
use crate::pipeline::labels::{ValueRef, WorkLabels};
use crate::pipeline::line::Line;

/// The member that holds the original line.
const ENTRY: &str = "_entry";

/// A member that becomes a label.
struct Packed {
    key: Range<usize>,
    key_escaped: bool,
    value: Range<usize>,
    escaped: bool,
}

/// Turns the packed labels into labels and returns the original line, if this is a packed one.
pub(crate) fn extract(line: Line<'_>, labels: &mut WorkLabels) -> Option<ValueRef> {
    if line.text.is_empty() {
        return None;
    }
    if !line.text.starts_with('{') {
        labels.set_error(ERROR, "expecting json object, but it is not");
        return None;
    }
    let text = line.text;
    let mut packed: SmallVec<[Packed; 8]> = SmallVec::new();
    let mut entry = None;
    let outcome = members(text, 0..text.len(), |member| {
        if let Kind::String { escaped } = member.kind {
            if &text[member.key.clone()] == ENTRY {
                entry = Some((member.value.clone(), escaped));
            } else {
                packed.push(Packed {
                    key: member.key.clone(),
                    key_escaped: member.key_escaped,
                    value: member.value.clone(),
                    escaped,
                });
            }
        }
        Ok(Flow::Continue)
    });
    if let Err(fault) = outcome {
        labels.set_error(ERROR, fault.message);
        return None;
    }
    let (entry, entry_escaped) = entry?;
    for Packed { key, key_escaped, value, escaped } in packed {
        let raw = &text[key];
        let name = if key_escaped {
            let mut key = String::new();
            let _empty_on_fault = unescape(raw, &mut key);
            labels.names.of_key(None, &key)
        } else {
            labels.names.of_key(None, raw)
        };
        let Some(name) = name else { continue };
        let name = labels.parsed_name(name);
        if labels.hints.wants(name) && !labels.is_parsed(name) {
            let value = string(line, labels, value, escaped);
            labels.set_parsed(name, value);
        }
    }
    Some(string(line, labels, entry, entry_escaped))
}
