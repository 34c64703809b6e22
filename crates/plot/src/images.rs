//! The view of images: generated ones beside real ones, each framed by D's verdict on it; the average of G's below G's.

use crate::judge::Judge;
use crate::mark::{Anchor, Mark, Point, Raster, Rect};
use crate::theme::Theme;
use adversaria_protocol::Images;

/// The frame around an image, in image pixels.
const FRAME: usize = 2;
/// Between frames, in image pixels.
const GAP: usize = 2;
/// How wide a tile should look, CSS pixels.
const TILE: f32 = 62.0;
/// Above each wall, for its name.
const HEAD: f32 = 26.0;
/// Between the walls.
const AISLE: f32 = 22.0;

/// What the figure shows.
#[derive(Clone, Copy, Debug)]
pub struct ImagesData<'a> {
    /// Pixels.
    pub width: usize,
    /// Pixels.
    pub height: usize,
    /// Real examples, `[n, height, width]`.
    pub real: &'a [u8],
    /// Generated ones and the scores; missing scores leave frames neutral.
    pub images: &'a Images,
    /// How the scores are to be read.
    pub judge: Judge,
}

/// One of the walls of images.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wall {
    /// G(z).
    Fake,
    /// The average of G at the same z.
    Average,
    /// Data.
    Real,
}

/// Where things lie.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ImagesAxes {
    tile: (f32, f32),
    fake: Grid,
    average: Grid,
    real: Grid,
    pixel: f32,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Grid {
    origin: Point,
    columns: usize,
    shown: usize,
}

impl ImagesAxes {
    /// Lays the figure out in `width` × `height` pixels at `ratio` device pixels each: whole device pixels for each
    /// image pixel, real ones beside the others, or all walls one above the other where it is narrow. The average of G
    /// has a wall of its own below G's, alike, when there is one.
    #[must_use]
    pub fn new(data: &ImagesData<'_>, width: f32, height: f32, ratio: f32) -> Self {
        let ratio = if ratio.is_finite() && ratio > 0.0 { ratio } else { 1.0 };
        let (across, down) = (data.width + 2 * FRAME + GAP, data.height + 2 * FRAME + GAP);
        let pixel = (TILE * ratio / across as f32).round().max(1.0) / ratio;
        let tile = (across as f32 * pixel, down as f32 * pixel);
        let snap = |v: f32| (v * ratio).round() / ratio;
        let size = (data.width * data.height).max(1);
        let counts = [&data.images.fake, &data.images.average, data.real].map(|w| w.len() / size);
        let above = if counts[1] > 0 { 2 } else { 1 };
        let fits = |room: f32, step: f32| ((room / step).floor() as usize).max(1);
        let grid = |origin: Point, columns: usize, rows: usize, count: usize| {
            let columns = columns.min(count.max(1));
            Grid {
                origin: (snap(origin.0), snap(origin.1)),
                columns,
                shown: count.min(columns * rows),
            }
        };
        if width >= 420.0 {
            let columns = fits(width - AISLE, tile.0).max(2);
            let rows = fits(height - HEAD, tile.1);
            let each = fits(height / above as f32 - HEAD, tile.1);
            let left = (columns * 3).div_ceil(5).min(counts[0].div_ceil(each).max(1));
            let right = (columns - left.min(columns - 1)).min(counts[2].div_ceil(rows).max(1));
            let used = (left + right) as f32 * tile.0 + AISLE;
            let start = ((width - used) / 2.0).max(0.0);
            let beside = start + left as f32 * tile.0 + AISLE;
            let below = HEAD + each as f32 * tile.1 + HEAD;
            Self {
                tile,
                fake: grid((start, HEAD), left, each, counts[0]),
                average: grid((start, below), left, each, counts[1]),
                real: grid((beside, HEAD), right, rows, counts[2]),
                pixel,
            }
        } else {
            let columns = fits(width, tile.0);
            let walls = above + 1;
            let rows = fits(height - walls as f32 * HEAD, tile.1).max(walls);
            let each = (if above == 1 { rows * 3 / 5 } else { rows / 3 }).max(1);
            let start = ((width - columns as f32 * tile.0) / 2.0).max(0.0);
            let top = |walls: usize| HEAD + walls as f32 * (each as f32 * tile.1 + HEAD);
            Self {
                tile,
                fake: grid((start, HEAD), columns, each, counts[0]),
                average: grid((start, top(1)), columns, each, counts[1]),
                real: grid((start, top(above)), columns, rows - above * each, counts[2]),
                pixel,
            }
        }
    }

    fn grid(&self, wall: Wall) -> Grid {
        match wall {
            Wall::Fake => self.fake,
            Wall::Average => self.average,
            Wall::Real => self.real,
        }
    }

    /// The image at a place.
    #[must_use]
    pub fn hit(&self, (x, y): Point) -> Option<(Wall, usize)> {
        [Wall::Fake, Wall::Average, Wall::Real].into_iter().find_map(|wall| {
            let grid = self.grid(wall);
            let (column, row) = (
                ((x - grid.origin.0) / self.tile.0).floor(),
                ((y - grid.origin.1) / self.tile.1).floor(),
            );
            let inside = column >= 0.0 && row >= 0.0 && column < grid.columns as f32;
            let index =
                if inside { row as usize * grid.columns + column as usize } else { usize::MAX };
            (index < grid.shown).then_some((wall, index))
        })
    }

    /// How many images of a wall are shown.
    #[must_use]
    pub fn shown(&self, wall: Wall) -> usize {
        self.grid(wall).shown
    }

    /// Images in a row of a wall.
    #[must_use]
    pub fn columns(&self, wall: Wall) -> usize {
        self.grid(wall).columns
    }

    /// Where an image and its frame lie.
    #[must_use]
    pub fn rect(&self, wall: Wall, index: usize) -> Rect {
        let grid = self.grid(wall);
        let (column, row) = ((index % grid.columns) as f32, (index / grid.columns) as f32);
        let gap = GAP as f32 * self.pixel;
        Rect {
            x: grid.origin.0 + column * self.tile.0,
            y: grid.origin.1 + row * self.tile.1,
            w: self.tile.0 - gap,
            h: self.tile.1 - gap,
        }
    }
}

/// The whole figure.
#[must_use]
pub fn images(data: &ImagesData<'_>, axes: &ImagesAxes, theme: &Theme) -> Vec<Mark> {
    let mut marks = Vec::with_capacity(6);
    let moment = data.images;
    let walls = [
        (Wall::Fake, &moment.fake[..], &moment.fake_score[..], "generated, G(z)", theme.fake),
        (Wall::Average, &moment.average, &[], "average of G", theme.average),
        (Wall::Real, data.real, &moment.real_score, "real", theme.real),
    ];
    for (wall, pixels, scores, name, colour) in walls {
        if wall == Wall::Average && pixels.is_empty() {
            continue;
        }
        let grid = axes.grid(wall);
        let at = (grid.origin.0, grid.origin.1 - HEAD / 2.0);
        marks.push(Mark::Text {
            at,
            text: name.into(),
            size: 12.5,
            colour,
            anchor: Anchor::Left,
            halo: None,
        });
        let Some(raster) = raster(data, grid, pixels, scores, theme) else { continue };
        let rect = Rect {
            x: grid.origin.0,
            y: grid.origin.1,
            w: raster.width as f32 * axes.pixel,
            h: raster.height as f32 * axes.pixel,
        };
        marks.push(Mark::Image { raster, rect, smooth: false });
    }
    marks
}

/// All images of a wall with their frames, as one raster; nothing between them.
fn raster(
    data: &ImagesData<'_>,
    grid: Grid,
    pixels: &[u8],
    scores: &[f32],
    theme: &Theme,
) -> Option<Raster> {
    let size = data.width * data.height;
    if size == 0 || grid.shown == 0 || pixels.len() < size * grid.shown {
        return None;
    }
    let (across, down) = (data.width + 2 * FRAME + GAP, data.height + 2 * FRAME + GAP);
    let (width, height) = (grid.columns * across, grid.shown.div_ceil(grid.columns) * down);
    let mut rgba = vec![0; 4 * width * height];
    for (index, image) in pixels.chunks_exact(size).take(grid.shown).enumerate() {
        let frame =
            theme.verdict(data.judge.centred(scores.get(index).copied().unwrap_or(f32::NAN)), 1.0);
        let (left, top) = ((index % grid.columns) * across, (index / grid.columns) * down);
        for y in 0..down - GAP {
            for x in 0..across - GAP {
                let inner = (x.wrapping_sub(FRAME), y.wrapping_sub(FRAME));
                let rgb = if inner.0 < data.width && inner.1 < data.height {
                    [image[inner.1 * data.width + inner.0]; 3]
                } else {
                    [frame.0, frame.1, frame.2]
                };
                let at = 4 * ((top + y) * width + left + x);
                rgba[at..at + 3].copy_from_slice(&rgb);
                rgba[at + 3] = 255;
            }
        }
    }
    Some(Raster { width: width as u32, height: height as u32, rgba })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(fakes: usize, reals: usize) -> (Vec<u8>, Images) {
        let real = vec![10_u8; reals * 6];
        (
            real,
            Images {
                fake: vec![200; fakes * 6],
                average: vec![],
                fake_score: vec![0.0, 1.0],
                real_score: vec![],
            },
        )
    }

    fn rasters(marks: &[Mark]) -> Vec<Raster> {
        marks
            .iter()
            .filter_map(|m| {
                if let Mark::Image { raster, .. } = m { Some(raster.clone()) } else { None }
            })
            .collect()
    }

    #[test]
    fn frames_carry_the_verdict_and_images_their_pixels() {
        let (real, moment) = sample(4, 4);
        let data = ImagesData {
            width: 3,
            height: 2,
            real: &real,
            images: &moment,
            judge: Judge::Probability,
        };
        let axes = ImagesAxes::new(&data, 800.0, 400.0, 1.0);
        let theme = Theme::LIGHT;
        let walls = rasters(&images(&data, &axes, &theme));
        assert_eq!(walls.len(), 2);
        let at = |r: &Raster, x: usize, y: usize| {
            let i = 4 * (y * r.width as usize + x);
            crate::Rgb(r.rgba[i], r.rgba[i + 1], r.rgba[i + 2])
        };
        assert_eq!(at(&walls[0], 0, 0), theme.field_fake, "the first fake is judged fake");
        assert_eq!(at(&walls[0], 2, 2), crate::Rgb(200, 200, 200));
        assert_eq!(walls[0].rgba[4 * 7 + 3], 0, "a gap after the frame");
        assert_eq!(at(&walls[1], 0, 0), theme.rule, "no score yet");
        assert_eq!(at(&walls[1], 2, 2), crate::Rgb(10, 10, 10));
    }

    #[test]
    fn a_hit_names_the_image_under_the_pointer() {
        let (real, moment) = sample(40, 30);
        let data = ImagesData {
            width: 3,
            height: 2,
            real: &real,
            images: &moment,
            judge: Judge::Probability,
        };
        for (width, height) in [(800.0, 400.0), (320.0, 400.0)] {
            let axes = ImagesAxes::new(&data, width, height, 2.0);
            for wall in [Wall::Fake, Wall::Real] {
                for index in 0..axes.shown(wall) {
                    let r = axes.rect(wall, index);
                    assert_eq!(axes.hit((r.x + r.w / 2.0, r.y + r.h / 2.0)), Some((wall, index)));
                    assert!(r.x >= 0.0 && r.x + r.w <= width + 0.1, "{wall:?} {index} at {width}");
                }
            }
            assert_eq!(axes.hit((-1.0, 5.0)), None);
        }
    }

    #[test]
    fn the_average_has_a_wall_of_its_own_below_that_of_g() {
        let (real, mut moment) = sample(40, 30);
        moment.average = vec![90; 40 * 6];
        let data = ImagesData {
            width: 3,
            height: 2,
            real: &real,
            images: &moment,
            judge: Judge::Probability,
        };
        for (width, height) in [(800.0, 400.0), (320.0, 400.0)] {
            let axes = ImagesAxes::new(&data, width, height, 2.0);
            let shown = [Wall::Fake, Wall::Average, Wall::Real].map(|wall| axes.shown(wall));
            assert!(shown[0] > 0 && shown[0] == shown[1] && shown[2] > 0, "{shown:?} at {width}");
            for index in 0..shown[1] {
                let (of_g, r) = (axes.rect(Wall::Fake, index), axes.rect(Wall::Average, index));
                assert!(r.x == of_g.x && r.y > axes.rect(Wall::Fake, shown[0] - 1).y, "the same z");
                assert!(r.y + r.h <= height, "image {index} at {width}");
                let middle = (r.x + r.w / 2.0, r.y + r.h / 2.0);
                assert_eq!(axes.hit(middle), Some((Wall::Average, index)));
            }
            let marks = images(&data, &axes, &Theme::LIGHT);
            let walls = rasters(&marks);
            assert_eq!(walls.len(), 3);
            let inner = 4 * (2 * walls[1].width as usize + 2);
            assert_eq!(walls[1].rgba[inner], 90);
            let named = |m: &Mark| matches!(m, Mark::Text { text, .. } if text == "average of G");
            assert!(marks.iter().any(named));
        }
        moment.average.clear();
        let data = ImagesData {
            width: 3,
            height: 2,
            real: &real,
            images: &moment,
            judge: Judge::Probability,
        };
        let axes = ImagesAxes::new(&data, 800.0, 400.0, 2.0);
        assert_eq!(axes.shown(Wall::Average), 0);
        assert_eq!(images(&data, &axes, &Theme::LIGHT).len(), 4, "two walls and their names");
    }

    #[test]
    fn image_pixels_are_whole_device_pixels() {
        let (real, moment) = sample(9, 9);
        let data = ImagesData {
            width: 28,
            height: 28,
            real: &real,
            images: &moment,
            judge: Judge::Probability,
        };
        for ratio in [1.0, 1.5, 2.0, 3.0] {
            let axes = ImagesAxes::new(&data, 640.0, 480.0, ratio);
            let device = axes.pixel * ratio;
            assert!(
                (device - device.round()).abs() < 1e-4,
                "{device} device pixels at ratio {ratio}"
            );
        }
    }

    #[test]
    fn no_images_yet_is_no_raster() {
        let (_, mut moment) = sample(0, 0);
        moment.fake_score.clear();
        let data = ImagesData {
            width: 28,
            height: 28,
            real: &[],
            images: &moment,
            judge: Judge::Probability,
        };
        let axes = ImagesAxes::new(&data, 640.0, 480.0, 1.0);
        assert!(rasters(&images(&data, &axes, &Theme::DARK)).is_empty());
        assert_eq!(axes.hit((300.0, 200.0)), None);
    }
}
