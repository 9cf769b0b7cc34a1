//! An uploaded recording: the form it comes in, and its samples.

use bargein_agent::{Resampler, SAMPLE_RATE};
use bargein_wire::pcm;
use bargein_wire::wav::{Decoder, Part};
use bytes::{Bytes, BytesMut};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};

use crate::Refusal;

/// The form, as far as we look at it. Other members are ignored.
#[derive(Default, Debug)]
pub(super) struct Form {
    pub(super) file: Bytes,
    pub(super) model: String,
    pub(super) response_format: String,
    pub(super) as_events: bool,
}

impl Form {
    /// Reads a form that is there whole.
    pub(super) async fn read(headers: &HeaderMap, body: Bytes) -> Result<Self, Refusal> {
        let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let boundary = multer::parse_boundary(kind).map_err(|_| {
            Refusal::invalid(
                "Expected `Content-Type: multipart/form-data` with a boundary, got another one",
                None,
            )
        })?;
        let whole = futures_util::stream::iter([Ok::<_, std::io::Error>(body)]);
        let mut parts = multer::Multipart::new(whole, boundary);
        let broken = |error: multer::Error| Refusal::invalid(format!("Expected a whole form: {error}"), None);
        let mut form = Self::default();
        while let Some(part) = parts.next_field().await.map_err(broken)? {
            let name = part.name().unwrap_or_default().to_owned();
            let bytes = part.bytes().await.map_err(broken)?;
            let text = || String::from_utf8_lossy(&bytes).trim().to_owned();
            match name.as_str() {
                "file" => form.file = bytes,
                "model" => form.model = text(),
                "response_format" => form.response_format = text(),
                "stream" => form.as_events = text() == "true",
                _ => {}
            }
        }
        for (member, is_missing) in [("file", form.file.is_empty()), ("model", form.model.is_empty())] {
            if is_missing {
                let message = format!("Expected the part `{member}` in the form, got none");
                return Err(Refusal::invalid(message, Some(member)));
            }
        }
        Ok(form)
    }
}

/// The samples of a WAV file as a recogniser wants them: one channel, 16 kHz, 16 bits.
pub(super) fn samples(file: Bytes) -> Result<Bytes, Refusal> {
    let refused = |message: String| {
        let code = Some("unsupported_value");
        let refusal = Refusal::new(StatusCode::BAD_REQUEST, "invalid_request_error", code, message);
        Refusal { param: Some("file".to_owned()), ..refusal }
    };
    let mut decoder = Decoder::new();
    decoder.push(file);
    let mut format = None;
    let mut all = BytesMut::new();
    while let Some(part) =
        decoder.next_part().map_err(|error| refused(format!("Expected a WAV file: {error}")))?
    {
        match part {
            Part::Header(header) if format.is_some_and(|format| format != header) => {
                return Err(refused("Expected one rate in the file, got several".to_owned()));
            }
            Part::Header(header) => format = Some(header),
            Part::Samples(samples) => all.extend_from_slice(&samples),
        }
    }
    if let Some(rest) = decoder.finish().map_err(|error| refused(format!("Expected a WAV file: {error}")))? {
        all.extend_from_slice(&rest);
    }
    let Some(format) = format else { return Err(refused("Expected a WAV file with samples".to_owned())) };
    let mono = pcm::to_mono(&all.freeze(), format.channels);
    if format.rate == SAMPLE_RATE {
        return Ok(mono);
    }
    let resampled = Resampler::new(format.rate, SAMPLE_RATE).and_then(|mut resampler| {
        let mut samples = BytesMut::from(resampler.push(&mono)?);
        samples.extend_from_slice(&resampler.finish()?);
        Ok(samples.freeze())
    });
    resampled.map_err(|fault| refused(format!("Expected a rate that can be read: {}", fault.message)))
}

#[cfg(test)]
mod tests {
    use bargein_wire::wav::{Format, header};

    use super::*;

    #[test]
    fn a_file_of_any_rate_becomes_what_a_recogniser_hears() {
        for (rate, channels) in [(16_000, 1), (8_000, 1), (48_000, 2), (44_100, 2)] {
            let bytes = rate * 2 * u32::from(channels);
            let file = [&header(Format { channels, rate }, bytes)[..], &vec![0; bytes as usize]].concat();
            assert_eq!(samples(file.into()).unwrap().len(), 32_000, "a second at {rate} Hz");
        }
    }

    #[test]
    fn what_is_no_wav_is_refused() {
        for file in [&b"ID3 is no WAV at all"[..], b"", b"RIFF"] {
            let refusal = samples(Bytes::from_static(file)).unwrap_err();
            assert_eq!((refusal.status.as_u16(), refusal.param.as_deref()), (400, Some("file")));
        }
    }
}
