//! LogQL: lexer, parser, syntax tree, printer. No I/O.
