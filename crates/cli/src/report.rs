//! The report of a run: one HTML file that needs no other, the same bytes for the same run.

use adversaria_core::diagnosis::Diagnosis;
use adversaria_core::spec::RunSpec;
use adversaria_engine::Change;
use adversaria_plot::{Figure, PlotError, Theme};
use adversaria_protocol::{Picture, Stage};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use crate::diagnosis;
use crate::folder::FIGURE;
use crate::series::Series;

const CHART: (u32, u32) = (720, 220);
/// The table shows at most about this many rows; metrics.csv has all.
const TABLE_ROWS: usize = 25;

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;color:#1b2430;background:#fbfaf7;max-width:60rem;\
                     margin:2rem auto;padding:0 1rem}svg,img{max-width:100%;height:auto}table{border-collapse:\
                     collapse;font-size:.85rem;display:block;overflow-x:auto}td,th{padding:.15rem .6rem;text-align:\
                     right;border-bottom:1px solid #e2dfd8;font-variant-numeric:tabular-nums}\
                     th{font-weight:600}.spec td,.spec th{text-align:left}code{overflow-wrap:anywhere}";

/// What the report tells of.
pub(crate) struct Report<'a> {
    /// The run as it began.
    pub(crate) start: &'a RunSpec,
    /// What was changed since.
    pub(crate) log: &'a [Change],
    /// Whole iterations.
    pub(crate) iteration: u64,
    /// Parameters of G and of D.
    pub(crate) parameters: (u64, u64),
    /// What does not change of the picture.
    pub(crate) stage: &'a Stage,
    /// The picture at the end.
    pub(crate) picture: &'a Picture,
    /// All figures.
    pub(crate) series: &'a Series,
    /// What the rules say of them.
    pub(crate) diagnosis: Option<Diagnosis>,
}

impl Report<'_> {
    /// The file.
    pub(crate) fn html(&self) -> Result<String, PlotError> {
        let address = escaped(&self.start.address());
        let (of_g, of_d) = self.parameters;
        Ok(format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" \
             content=\"width=device-width\">\n<title>Adversaria: {address}</title>\n<style>{STYLE}</style>\n</head>\n\
             <body>\n<h1>{data}, {iteration} iterations</h1>\n<p><code>#{address}</code></p>\n<p>G has {of_g} \
             parameters, D has {of_d}.</p>\n<p class=\"diagnosis\">{diagnosis}</p>\n<h2>Samples</h2>\n{samples}\n<h2>Losses</h2>\n<p>D’s in purple, G’s in \
             orange.</p>\n{losses}\n<h2>Value</h2>\n<p>V(D,G) in purple{optimal}; at the optimum both are −log 4.</p>\n\
             {value}\n<h2>Figures</h2>\n{figures}\n{changes}<h2>The run</h2>\n{fields}\n</body>\n</html>\n",
            data = escaped(self.start.data().name()),
            iteration = self.iteration,
            diagnosis = escaped(&diagnosis::line(self.diagnosis.as_ref())),
            samples = self.samples()?,
            losses = self.losses()?,
            optimal = if self.judged() { ", V(D*,G) in grey" } else { "" },
            value = self.value()?,
            figures = self.figures(),
            changes = self.changes(),
            fields = self.fields(),
        ))
    }

    fn judged(&self) -> bool {
        !self.series.points("jsd").is_empty()
    }

    /// Vectors where there are curves and dots, pixels where there are pictures.
    fn samples(&self) -> Result<String, PlotError> {
        let figure = Figure::Moment { stage: self.stage, picture: self.picture };
        if !matches!(self.stage, Stage::Images { .. }) {
            return svg(&figure, FIGURE);
        }
        let png = BASE64_STANDARD.encode(figure.png(FIGURE, &Theme::LIGHT, 1)?);
        Ok(format!("<img alt=\"Generated and real pictures\" src=\"data:image/png;base64,{png}\">"))
    }

    fn losses(&self) -> Result<String, PlotError> {
        let (d, g) = (self.series.points("loss_d"), self.series.points("loss_g"));
        svg(&Figure::Losses { d: &d, g: &g }, CHART)
    }

    fn value(&self) -> Result<String, PlotError> {
        let value = self.series.points("value");
        let optimal = self.series.points("value_optimal");
        svg(&Figure::Value { value: &value, optimal: &optimal }, CHART)
    }

    fn figures(&self) -> String {
        let rows = self.series.rows();
        let step = rows.len().div_ceil(TABLE_ROWS).max(1);
        // Counted from the end, which is always shown.
        let mut shown: Vec<String> =
            rows.iter().rev().step_by(step).map(|r| cells("td", r.fields.iter())).collect();
        shown.push(cells("th", Series::columns()));
        shown.reverse();
        format!("<table>\n{}</table>", shown.concat())
    }

    fn changes(&self) -> String {
        if self.log.is_empty() {
            return String::new();
        }
        let line = |c: &Change| cells("td", [&c.iteration.to_string(), &c.field, &c.value]);
        let lines: String = self.log.iter().map(line).collect();
        let head = cells("th", ["iteration", "field", "value"]);
        format!("<h2>Changes while it ran</h2>\n<table class=\"spec\">\n{head}{lines}</table>\n")
    }

    fn fields(&self) -> String {
        let lines: String =
            self.start.pairs().iter().map(|(key, value)| cells("td", [*key, value])).collect();
        format!("<table class=\"spec\">\n{}{lines}</table>", cells("th", ["field", "value"]))
    }
}

fn svg(figure: &Figure<'_>, size: (u32, u32)) -> Result<String, PlotError> {
    let text = figure.svg(size, &Theme::LIGHT)?;
    Ok(text.find("<svg").map_or_else(String::new, |at| text[at..].to_owned()))
}

fn cells<S: AsRef<str>>(tag: &str, texts: impl IntoIterator<Item = S>) -> String {
    let cell = |text: S| format!("<{tag}>{}</{tag}>", escaped(text.as_ref()));
    format!("<tr>{}</tr>\n", texts.into_iter().map(cell).collect::<String>())
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
