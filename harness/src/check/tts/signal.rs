//! What bytes are as sound: which encoding makes them smooth, what mirrors what.

use bargein_wire::pcm;

/// The mean step from sample to sample, as a share of the mean distance from the middle. Small for sound, about 1.4
/// for noise. `None` of silence.
pub(super) fn roughness(samples: &[f64]) -> Option<f64> {
    let count = samples.len().max(1) as f64;
    let mean = samples.iter().sum::<f64>() / count;
    let spread = samples.iter().map(|sample| (sample - mean).abs()).sum::<f64>() / count;
    let step = samples.windows(2).map(|pair| (pair[1] - pair[0]).abs()).sum::<f64>() / count;
    (spread > 0.0).then(|| step / spread)
}

/// An encoding of samples, by its name.
pub(super) type Encoding = (&'static str, fn(&[u8]) -> Vec<f64>);

/// Signed 16 bit in both orders.
pub(super) const ORDERS: [Encoding; 2] = [
    ("16 bit little-endian", |bytes| pcm::samples(bytes).map(f64::from).collect()),
    ("16 bit big-endian", |bytes| pcm::samples(&pcm::swap_bytes(bytes)).map(f64::from).collect()),
];

/// What servers send instead of 16 bit. Samples of 16 bit are rough in all of these: their low bytes are noise.
pub(super) const OTHERS: [Encoding; 4] = [
    ("8 bit", eight),
    ("8 bit (mu-law)", |bytes| bytes.iter().map(|byte| mu_law(*byte)).collect()),
    ("8 bit (A-law)", |bytes| bytes.iter().map(|byte| a_law(*byte)).collect()),
    ("32 bit float", floats),
];

/// How rough bytes may be in an encoding that they are in.
pub(super) const SMOOTH: f64 = 0.6;

/// Samples of 8 bit, around zero: signed or not, whichever is nearer to it. The wrong one jumps from edge to edge.
fn eight(bytes: &[u8]) -> Vec<f64> {
    let unsigned: Vec<f64> = bytes.iter().map(|byte| f64::from(*byte) - 128.0).collect();
    let signed: Vec<f64> = bytes.iter().map(|byte| f64::from(byte.cast_signed())).collect();
    let distance = |samples: &[f64]| samples.iter().map(|sample| sample.abs()).sum::<f64>();
    if distance(&unsigned) < distance(&signed) { unsigned } else { signed }
}

/// How far from the middle samples of 16 bit are in the mean: when they are signed, and when they are not. The wrong
/// reading puts all that is quiet to the edges.
pub(super) fn distances(bytes: &[u8]) -> (f64, f64) {
    let count = (bytes.len() / 2).max(1) as f64;
    let signed = pcm::samples(bytes).map(|sample| f64::from(sample).abs()).sum::<f64>() / count;
    let unsigned = pcm::samples(bytes).map(|sample| 32_768.0 - f64::from(sample).abs()).sum::<f64>() / count;
    (signed, unsigned)
}

/// Floats, when nearly all of them are samples; nothing otherwise.
fn floats(bytes: &[u8]) -> Vec<f64> {
    let values: Vec<f32> =
        bytes.chunks_exact(4).map(|four| f32::from_le_bytes([four[0], four[1], four[2], four[3]])).collect();
    let is_sample = |value: &&f32| **value == 0.0 || (1e-7..=2.0).contains(&value.abs());
    let samples = values.iter().filter(is_sample).count();
    if samples * 100 < values.len() * 98 { Vec::new() } else { values.into_iter().map(f64::from).collect() }
}

/// G.711: the sign, three bits of exponent, four of mantissa, all inverted.
fn mu_law(byte: u8) -> f64 {
    let code = !byte;
    let (exponent, mantissa) = (u32::from(code >> 4 & 7), f64::from(code & 15));
    let size = (mantissa * 2.0 + 33.0) * f64::from(1_u32 << exponent) - 33.0;
    if code & 0x80 == 0 { size } else { -size }
}

/// G.711: every second bit inverted.
fn a_law(byte: u8) -> f64 {
    let code = byte ^ 0x55;
    let (exponent, mantissa) = (u32::from(code >> 4 & 7), f64::from(code & 15));
    let size = if exponent == 0 {
        mantissa * 2.0 + 1.0
    } else {
        (mantissa * 2.0 + 33.0) * f64::from(1_u32 << (exponent - 1))
    };
    if code & 0x80 == 0 { -size } else { size }
}

/// How strong a frequency is in these samples (Goertzel).
fn power(samples: &[f64], hertz: f64, rate: f64) -> f64 {
    let twice = 2.0 * (std::f64::consts::TAU * hertz / rate).cos();
    let (mut last, mut before) = (0.0, 0.0);
    for sample in samples {
        (last, before) = (sample + twice * last - before, last);
    }
    (last * last + before * before - twice * last * before).max(0.0)
}

/// How far the spectrum above `pivot` mirrors the one below: the correlation of their levels over time and frequency,
/// and how much weaker the upper half is, in dB. `None` when there is nothing above.
pub(super) fn mirror(samples: &[i16], rate: u32, pivot: f64) -> Option<(f64, f64)> {
    const STEP: f64 = 150.0;
    let rate_hz = f64::from(rate);
    let reach = (pivot.min(rate_hz / 2.0 - pivot) - 300.0).max(0.0);
    let block = usize::try_from(rate / 10).unwrap_or(4_800);
    let (mut below, mut above) = (Vec::new(), Vec::new());
    let (mut sum_below, mut sum_above) = (0.0, 0.0);
    for block in samples.chunks_exact(block).take(20) {
        let count = block.len() as f64;
        let window = |at: usize| 0.5 - 0.5 * (std::f64::consts::TAU * at as f64 / count).cos();
        let block: Vec<f64> =
            block.iter().enumerate().map(|(at, sample)| f64::from(*sample) * window(at)).collect();
        let mut away = 300.0;
        while away < reach {
            let (low, high) = (power(&block, pivot - away, rate_hz), power(&block, pivot + away, rate_hz));
            sum_below += low;
            sum_above += high;
            // Below this level there is only rounding.
            below.push((low + 1e4).log10());
            above.push((high + 1e4).log10());
            away += STEP;
        }
    }
    let weaker = 10.0 * (sum_below.max(1.0) / sum_above.max(1.0)).log10();
    (weaker < 50.0).then(|| (correlation(&below, &above), weaker))
}

fn correlation(one: &[f64], other: &[f64]) -> f64 {
    let count = one.len().max(1) as f64;
    let (mean_one, mean_other) = (one.iter().sum::<f64>() / count, other.iter().sum::<f64>() / count);
    let (mut both, mut of_one, mut of_other) = (0.0, 0.0, 0.0);
    for (a, b) in one.iter().zip(other) {
        let (a, b) = (a - mean_one, b - mean_other);
        both += a * b;
        of_one += a * a;
        of_other += b * b;
    }
    if of_one * of_other == 0.0 { 0.0 } else { both / (of_one * of_other).sqrt() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A voice: harmonics that come and go.
    fn voice(rate: u32) -> Vec<i16> {
        let sample = |at: u32| {
            let time = f64::from(at) / f64::from(rate);
            let tone = |k: f64| (std::f64::consts::TAU * 180.0 * k * time).sin() / k;
            let level = (std::f64::consts::TAU * 3.0 * time).sin().abs();
            ((1..18).map(|k| tone(f64::from(k))).sum::<f64>() * level * 5_000.0) as i16
        };
        (0..rate).map(sample).collect()
    }

    /// The other encodings in which these bytes make sense.
    fn others(bytes: &[u8]) -> Vec<&'static str> {
        let is_smooth = |(_, read): &&Encoding| roughness(&read(bytes)).is_some_and(|rough| rough < SMOOTH);
        OTHERS.iter().filter(is_smooth).map(|(name, _)| *name).collect()
    }

    #[test]
    fn samples_make_sense_in_their_encoding_and_in_no_other() {
        let voice = voice(16_000);
        let little = pcm::to_bytes(&voice);
        let big = pcm::swap_bytes(&little);
        let rough = |bytes: &[u8]| ORDERS.map(|(_, read)| roughness(&read(bytes)).unwrap());
        let ([one, other], [swapped, back]) = (rough(&little), rough(&big));
        assert!(one < SMOOTH && one < other / 2.0 && back < SMOOTH && back < swapped / 2.0);
        assert_eq!((others(&little), others(&big)), (vec![], vec![]));
        let floats: Vec<u8> =
            voice.iter().flat_map(|sample| (f32::from(*sample) / 32_768.0).to_le_bytes()).collect();
        assert_eq!(others(&floats), ["32 bit float"]);
        let nearest = |law: fn(u8) -> f64, scale: f64| -> Vec<u8> {
            let code = |sample: &i16| {
                let wanted = f64::from(*sample) / scale;
                (0..=255)
                    .min_by(|a, b| (law(*a) - wanted).abs().total_cmp(&(law(*b) - wanted).abs()))
                    .unwrap()
            };
            voice.iter().map(code).collect()
        };
        for eight in [
            voice.iter().map(|sample| ((sample >> 8) + 128) as u8).collect(),
            voice.iter().map(|sample| (sample >> 8) as u8).collect(),
            nearest(mu_law, 4.0),
            nearest(a_law, 8.0),
        ] {
            assert!(others(&eight).contains(&"8 bit"), "{:?}", others(&eight));
        }
    }

    #[test]
    fn unsigned_samples_are_at_the_edges_when_read_as_signed() {
        let voice = voice(16_000);
        let offset: Vec<u8> =
            voice.iter().flat_map(|sample| (sample.cast_unsigned() ^ 0x8000).to_le_bytes()).collect();
        let (signed, unsigned) = distances(&offset);
        assert!(unsigned < signed / 2.0, "{unsigned} {signed}");
        let (signed, unsigned) = distances(&pcm::to_bytes(&voice));
        assert!(signed < unsigned / 2.0, "{unsigned} {signed}");
    }

    #[test]
    fn repeated_samples_mirror_and_true_ones_do_not() {
        let repeated: Vec<i16> = voice(16_000).iter().flat_map(|sample| [*sample; 3]).collect();
        let (alike, weaker) = mirror(&repeated, 48_000, 8_000.0).unwrap();
        assert!(alike > 0.9 && weaker < 45.0, "{alike} {weaker}");
        assert_eq!(mirror(&voice(48_000), 48_000, 8_000.0), None);
        let noise: Vec<i16> =
            (0..48_000_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 20) as i16).collect();
        assert!(mirror(&noise, 48_000, 8_000.0).unwrap().0 < 0.5);
    }
}
