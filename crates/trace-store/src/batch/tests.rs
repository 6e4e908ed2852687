use proptest::prelude::*;

use super::testing::{request, sorted, spans_of};
use super::*;

fn found(batch: &SpanBatch) -> Vec<FoundSpan> {
    sorted(batch.rows.iter().map(|row| found_span(batch, row)).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_a_client_sends_comes_back(request in request()) {
        let expected = spans_of(&request.resource_spans);
        let batch = batch_of(request);
        prop_assert_eq!(&found(&batch), &expected);
        let answer = grouped(batch.rows.iter().map(|row| found_span(&batch, row)));
        prop_assert_eq!(spans_of(&answer), expected);
    }

    #[test]
    fn joined_batches_have_all_rows_in_order(requests in prop::collection::vec(request(), 0..4)) {
        let batches: Vec<SpanBatch> = requests.into_iter().map(batch_of).collect();
        let joined = merged(&batches);
        let rows = |batch: &SpanBatch| batch.rows.iter().map(|row| found_span(batch, row)).collect::<Vec<_>>();
        let expected: Vec<FoundSpan> = batches.iter().flat_map(rows).collect();
        prop_assert_eq!(rows(&joined), expected);
    }
}

#[test]
fn equal_texts_and_resources_are_kept_once() {
    let mut builder = BatchBuilder::default();
    let ids: Vec<_> = ["a", "b", "a", ""].map(|text| builder.text(text)).to_vec();
    assert_eq!((ids[0], ids[3]), (ids[2], StringId::EMPTY));
    let resource = protocols::otlp::ResourceSpans { schema_url: "x".into(), ..Default::default() };
    assert_eq!(builder.resource(&resource), builder.resource(&resource));
    let batch = builder.finish();
    assert_eq!((batch.strings.len(), batch.resources.len()), (3, 1));
}
