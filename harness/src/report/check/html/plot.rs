//! What pictures are drawn with: scales, axes and numbers.

use maud::{Markup, html};

/// A range of values on a range of pixels.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    from: f64,
    to: f64,
    start: f64,
    end: f64,
}

impl Scale {
    /// Values from `from` to `to` stand from `start` to `end`. An empty range becomes one of length 1.
    pub(super) fn new(from: f64, to: f64, start: f64, end: f64) -> Self {
        let is_range = from.is_finite() && to.is_finite() && to > from;
        let (from, to) = if is_range { (from, to) } else { (0.0, 1.0) };
        Self { from, to, start, end }
    }

    /// Where a value stands; what lies outside stands at the border.
    pub(super) fn at(&self, value: f64) -> f64 {
        let part = ((value - self.from) / (self.to - self.from)).clamp(0.0, 1.0);
        let part = if part.is_nan() { 0.0 } else { part };
        self.start + part * (self.end - self.start)
    }

    /// Round values in the range, about `count` of them.
    pub(super) fn ticks(&self, count: f64) -> Vec<f64> {
        let raw = (self.to - self.from) / count.max(1.0);
        let magnitude = 10_f64.powf(raw.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0].map(|times| times * magnitude).into_iter().find(|step| *step >= raw);
        let step = step.unwrap_or(raw);
        let first = (self.from / step).ceil() * step;
        let values = (0..64).map(|index| first + f64::from(index) * step);
        values.take_while(|value| *value <= self.to + step * 1e-6).collect()
    }
}

/// A number for a picture: a tenth of a pixel is enough.
pub(super) fn px(value: f64) -> String {
    format!("{value:.1}")
}

/// A number for people: whole when it is, or large.
pub(super) fn number(value: f64) -> String {
    if value.abs() >= 1e7 {
        format!("{value:.1e}")
    } else if value.abs() >= 100.0 || (value - value.round()).abs() < 1e-6 {
        format!("{value:.0}")
    } else if value.abs() >= 1.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.3}")
    }
}

/// The area of a picture that is drawn on, in pixels.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    pub(super) left: f64,
    pub(super) right: f64,
    pub(super) top: f64,
    pub(super) bottom: f64,
}

/// A horizontal axis below the frame, with its unit at the end.
pub(super) fn axis_x(frame: Frame, scale: &Scale, unit: &str) -> Markup {
    html! {
        g.axis {
            line x1=(px(frame.left)) x2=(px(frame.right)) y1=(px(frame.bottom)) y2=(px(frame.bottom)) {}
            @for tick in scale.ticks(8.0) {
                @let x = scale.at(tick);
                line x1=(px(x)) x2=(px(x)) y1=(px(frame.bottom)) y2=(px(frame.bottom + 4.0)) {}
                text x=(px(x)) y=(px(frame.bottom + 16.0)) text-anchor="middle" { (number(tick)) }
            }
            text x=(px(frame.right)) y=(px(frame.bottom + 30.0)) text-anchor="end" { (unit) }
        }
    }
}

/// A vertical axis at the left of the frame, with lines across it.
pub(super) fn axis_y(frame: Frame, scale: &Scale, unit: &str) -> Markup {
    html! {
        g.axis {
            @for tick in scale.ticks(4.0) {
                @let y = scale.at(tick);
                line.grid x1=(px(frame.left)) x2=(px(frame.right)) y1=(px(y)) y2=(px(y)) {}
                text x=(px(frame.left - 6.0)) y=(px(y + 4.0)) text-anchor="end" { (number(tick)) }
            }
            text x=(px(frame.left)) y=(px(frame.top - 6.0)) text-anchor="middle" { (unit) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Scale;

    #[test]
    fn scales_stay_in_their_frame() {
        let scale = Scale::new(0.0, 200.0, 10.0, 110.0);
        for (value, at) in [
            (0.0, 10.0),
            (100.0, 60.0),
            (500.0, 110.0),
            (-5.0, 10.0),
            (f64::NAN, 10.0),
            (f64::INFINITY, 110.0),
        ] {
            assert!((scale.at(value) - at).abs() < 1e-9, "{value}");
        }
        assert_eq!(scale.ticks(4.0), [0.0, 50.0, 100.0, 150.0, 200.0]);
        // A range that is none must not make a picture of nothing.
        let empty = Scale::new(3.0, 3.0, 0.0, 10.0);
        assert!(empty.at(3.0).is_finite() && !empty.ticks(8.0).is_empty());
    }
}
