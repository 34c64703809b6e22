//! The figures of a run over its iterations: when they are taken, and metrics.csv.

use adversaria_plot::{COLUMNS, row as fields};
use adversaria_protocol::Metrics;

/// Rows are taken this many times while the iterations double.
const ROWS_PER_OCTAVE: u64 = 16;

/// The first iteration after this one at which a row is taken, whatever the number of steps: so a run that was stopped
/// and resumed has the rows of one that was not. 1 apart at first, then 2, 4 …: about 220 rows in 100,000 iterations.
pub(crate) fn next_row(iteration: u64) -> u64 {
    let spacing = spacing(iteration);
    (iteration / spacing + 1) * spacing
}

fn spacing(iteration: u64) -> u64 {
    1 << (iteration / ROWS_PER_OCTAVE).max(1).ilog2()
}

fn is_row(iteration: u64) -> bool {
    iteration.is_multiple_of(spacing(iteration))
}

/// One row: its line, and what the charts draw of it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Row {
    /// Whole iterations.
    pub(crate) iteration: u64,
    /// Its fields, in the order of the header.
    pub(crate) fields: Vec<String>,
}

/// All rows so far.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Series {
    rows: Vec<Row>,
}

impl Series {
    /// Adds the figures of a moment.
    pub(crate) fn push(&mut self, metrics: &Metrics) {
        let fields = fields(metrics.iteration, Some(metrics), metrics.evaluation.as_ref());
        self.rows.push(Row { iteration: metrics.iteration, fields: fields.into() });
    }

    /// The file.
    pub(crate) fn csv(&self) -> String {
        let lines = self.rows.iter().map(|row| row.fields.join(","));
        std::iter::once(COLUMNS.join(","))
            .chain(lines)
            .fold(String::new(), |text, line| text + &line + "\n")
    }

    /// Reads the file.
    ///
    /// # Errors
    /// The number of the first line that is not as [`Series::csv`] writes it.
    pub(crate) fn parse(text: &str) -> Result<Self, usize> {
        let mut lines = text.lines();
        if lines.next() != Some(COLUMNS.join(",").as_str()) {
            return Err(1);
        }
        let rows = lines.enumerate().map(|(i, line)| row(line).ok_or(i + 2));
        Ok(Self { rows: rows.collect::<Result<_, _>>()? })
    }

    /// Forgets what lies beyond an iteration; and rows at odd places too, when the run goes on from there.
    pub(crate) fn cut(&mut self, iteration: u64, goes_on: bool) {
        self.rows.retain(|row| row.iteration <= iteration && (!goes_on || is_row(row.iteration)));
    }

    /// The rows.
    pub(crate) fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The names of the columns.
    pub(crate) fn columns() -> impl Iterator<Item = &'static str> {
        COLUMNS.into_iter()
    }

    /// A column against the iteration, for a chart; what is missing is left out.
    pub(crate) fn points(&self, column: &str) -> Vec<(f64, f32)> {
        let Some(at) = Self::columns().position(|name| name == column) else { return Vec::new() };
        let point = |row: &Row| {
            #[expect(clippy::cast_precision_loss, reason = "a place on a chart")]
            let x = row.iteration as f64;
            row.fields.get(at)?.parse().ok().map(|y| (x, y))
        };
        self.rows.iter().filter_map(point).collect()
    }
}

fn row(line: &str) -> Option<Row> {
    let fields: Vec<String> = line.split(',').map(str::to_owned).collect();
    let sound = fields.len() == Series::columns().count()
        && fields.iter().all(|field| field.is_empty() || field.parse::<f64>().is_ok());
    let iteration = fields.first()?.parse().ok()?;
    sound.then_some(Row { iteration, fields })
}

#[cfg(test)]
mod tests {
    use super::{Row, Series, is_row, next_row};

    #[test]
    fn rows_lie_at_the_same_places_however_far_a_run_goes() {
        let places: Vec<u64> = std::iter::successors(Some(0), |i| Some(next_row(*i)))
            .take_while(|i| *i <= 100_000)
            .collect();
        assert!((180..260).contains(&places.len()), "{} rows", places.len());
        assert!(places.windows(2).all(|w| w[0] < w[1]));
        assert!(places.iter().all(|i| is_row(*i)));
        let by_hand = (0..=100_000).filter(|i| is_row(*i)).count();
        assert_eq!(by_hand, places.len());
        for odd in [500, 501, 33, 90_000] {
            assert_eq!(places.iter().find(|i| **i > odd), Some(&next_row(odd)));
        }
    }

    #[test]
    fn the_file_reads_back_and_damage_is_found() {
        let row = |iteration: u64| {
            let mut fields = vec![iteration.to_string(), "3".into(), String::new()];
            fields.resize(Series::columns().count(), "0.25".into());
            Row { iteration, fields }
        };
        let mut series = Series { rows: vec![row(8), row(501)] };
        let text = series.csv();
        assert_eq!(Series::parse(&text), Ok(series.clone()));
        assert_eq!(series.points("jsd"), [(8.0, 0.25), (501.0, 0.25)]);
        assert_eq!(Series::parse(&text.replace("0.25\n", "0.25,1\n")), Err(2));
        assert_eq!(Series::parse(&text.replace("501", "many")), Err(3));
        assert_eq!(Series::parse("iteration\n"), Err(1));
        series.cut(501, true);
        assert_eq!(
            series.rows().len(),
            1,
            "501 is no place of a row, so a run that goes on drops it"
        );
    }
}
