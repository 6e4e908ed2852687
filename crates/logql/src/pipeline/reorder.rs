//! Line filters first: they are cheap, and what they drop need not be parsed.

use crate::syntax::Stage;

/// Moves line filters in front of the stages that cannot change the line.
///
/// `decolorize` does change it, and a filter behind it is moved all the same: so does Loki, and users see it.
pub(crate) fn reorder(stages: &[Stage]) -> Vec<&Stage> {
    let mut ordered = Vec::with_capacity(stages.len());
    let mut rest: Vec<&Stage> = Vec::new();
    for stage in stages {
        match stage {
            Stage::LineFilter(_) => ordered.push(stage),
            Stage::LineFormat(_) | Stage::Unpack => {
                ordered.append(&mut rest);
                ordered.push(stage);
            }
            _ => rest.push(stage),
        }
    }
    ordered.append(&mut rest);
    ordered
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_move_up_to_what_rewrites_the_line() {
        let query =
            r#"{a="b"} | json | x="y" |= "1" | line_format "z" | logfmt |= "2" != "3" | unpack |= "4""#;
        let crate::Expr::Log(log) = crate::parse_expr(query).unwrap() else { panic!("a log query") };
        let ordered: Vec<String> = reorder(&log.stages).iter().map(ToString::to_string).collect();
        assert_eq!(
            ordered.join(" "),
            r#"|= "1" | json | x="y" | line_format "z" |= "2" != "3" | logfmt | unpack |= "4""#
        );
    }
}
