//! The pipeline stages, one file each.

mod cri;
mod decolorize;
mod docker;
mod drop;
mod json;
mod json_path;
mod labels;
mod limit;
mod logfmt;
mod matcher;
mod metrics;
mod multiline;
mod output;
mod pack;
mod regex;
mod replace;
mod sampling;
mod structured_metadata;
mod template;
mod tenant;
mod timestamp;

use crate::config::StageConfig;
use crate::pipeline::{Stage, StageEnvironment, StageError};

/// Builds one stage.
pub fn build(config: &StageConfig, environment: &StageEnvironment) -> Result<Box<dyn Stage>, StageError> {
    let named = |stage: &'static str| move |problem: String| StageError { stage, problem };
    Ok(match config {
        StageConfig::Docker(_) => Box::new(docker::Docker::new()),
        StageConfig::Cri(config) => Box::new(cri::Cri::new(&config.clone().unwrap_or_default())),
        StageConfig::Json(config) => {
            let malformed = environment.dropped("malformed_json");
            Box::new(json::Json::new(config, malformed).map_err(named("json"))?)
        }
        StageConfig::Logfmt(config) => Box::new(logfmt::Logfmt::new(config).map_err(named("logfmt"))?),
        StageConfig::Regex(config) => Box::new(regex::Regex::new(config).map_err(named("regex"))?),
        StageConfig::Replace(config) => Box::new(replace::Replace::new(config).map_err(named("replace"))?),
        StageConfig::Multiline(config) => {
            Box::new(multiline::Multiline::new(config).map_err(named("multiline"))?)
        }
        StageConfig::Template(config) => {
            Box::new(template::Template::new(config).map_err(named("template"))?)
        }
        StageConfig::Timestamp(config) => {
            Box::new(timestamp::Timestamp::new(config).map_err(named("timestamp"))?)
        }
        StageConfig::Output(config) => Box::new(output::Output::new(config)),
        StageConfig::Labels(map) => Box::new(labels::Labels::new(map).map_err(named("labels"))?),
        StageConfig::LabelDrop(names) => Box::new(labels::LabelDrop::new(names)),
        StageConfig::LabelAllow(names) => Box::new(labels::LabelAllow::new(names)),
        StageConfig::StaticLabels(map) => {
            Box::new(labels::StaticLabels::new(map).map_err(named("static_labels"))?)
        }
        StageConfig::StructuredMetadata(map) => {
            Box::new(structured_metadata::StructuredMetadata::new(map).map_err(named("structured_metadata"))?)
        }
        StageConfig::Tenant(config) => Box::new(tenant::Tenant::new(config).map_err(named("tenant"))?),
        StageConfig::Metrics(map) => {
            Box::new(metrics::MetricsStage::new(map, environment).map_err(named("metrics"))?)
        }
        StageConfig::Match(config) => return Ok(Box::new(matcher::Match::new(config, environment)?)),
        StageConfig::Drop(config) => Box::new(drop::Drop::new(config, environment).map_err(named("drop"))?),
        StageConfig::Limit(config) => {
            Box::new(limit::Limit::new(config, environment).map_err(named("limit"))?)
        }
        StageConfig::Sampling(config) => {
            Box::new(sampling::Sampling::new(config, environment).map_err(named("sampling"))?)
        }
        StageConfig::Pack(config) => Box::new(pack::Pack::new(config)),
        StageConfig::Decolorize(_) => Box::new(decolorize::Decolorize),
        StageConfig::GeoIp(_) => {
            return Err(named("geoip")(
                "needs a location database, which this build cannot read; remove the stage".to_owned(),
            ));
        }
        StageConfig::EventLogMessage(_) => {
            return Err(named("eventlogmessage")(
                "is about Windows' event log, which this build does not read".to_owned(),
            ));
        }
    })
}

#[cfg(test)]
pub(crate) mod testing;
