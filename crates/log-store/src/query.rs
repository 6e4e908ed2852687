//! Answering queries: parameters, finding rows, and the answers' shape.

mod buckets;
mod budget;
mod entries;
mod params;
mod response;
mod select;
mod streams;
mod volume;

pub(crate) use buckets::{Buckets, Group, GroupBy, share};
pub(crate) use budget::{Budget, QueryError};
pub(crate) use entries::Entry;
pub(crate) use params::Params;
pub(crate) use response::{EncodingFlags, streams_answer};
pub(crate) use select::{Selection, select};
pub(crate) use streams::find_streams;
pub(crate) use volume::{Amount, Tally, measure};
