//! Formats that are text with parts that stay as they are: Markdown and subtitles.

use std::ops::Range;

use pulldown_cmark::{Event, Options, Parser, Tag};

/// The spans of a Markdown text that are no prose: code, HTML tags, the targets of links.
///
/// ```
/// # use hanfix::field::markdown_kept;
/// let text = "社會 `會(huì)` [會](頁.md)";
/// let kept: Vec<&str> = markdown_kept(text).into_iter().map(|span| &text[span]).collect();
/// assert_eq!(kept, ["`會(huì)`", "](頁.md)"]);
/// ```
pub fn markdown_kept(text: &str) -> Vec<Range<usize>> {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_YAML_STYLE_METADATA_BLOCKS
        | Options::ENABLE_MATH;
    let mut kept = Vec::new();
    for (event, span) in Parser::new_ext(text, options).into_offset_iter() {
        match event {
            Event::Start(Tag::CodeBlock(_) | Tag::MetadataBlock(_))
            | Event::Code(_)
            | Event::InlineMath(_)
            | Event::DisplayMath(_) => kept.push(span),
            Event::Html(_) | Event::InlineHtml(_) => {
                let tags = crate::damage::markup::protected(&text[span.clone()]);
                kept.extend(
                    tags.into_iter()
                        .map(|tag| tag.start + span.start..tag.end + span.start),
                );
            }
            Event::Start(Tag::Link { .. } | Tag::Image { .. }) => {
                let link = &text[span.clone()];
                // `](target)`, or all of `<https://...>`.
                match link.rfind("](") {
                    Some(at) => kept.push(span.start + at..span.end),
                    None if link.starts_with('<') => kept.push(span),
                    None => {}
                }
            }
            _ => {}
        }
    }
    // Targets of reference links stand on lines of their own and are in no event.
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if line.trim_start().starts_with('[')
            && let Some(target) = line.find("]:")
        {
            kept.push(at + target..at + line.len());
        }
        at += line.len();
    }
    kept.sort_by_key(|span| span.start);
    kept
}

/// The spans of subtitles that are not spoken: numbers, times, headers, styles, tags.
///
/// ```
/// # use hanfix::field::subtitles_kept;
/// let text = "1\n00:00:01,000 --> 00:00:02,000\n<i>社會</i>\n";
/// let kept: Vec<&str> = subtitles_kept(text).into_iter().map(|span| &text[span]).collect();
/// assert_eq!(kept, ["1\n", "00:00:01,000 --> 00:00:02,000\n", "<i>", "</i>"]);
/// ```
pub fn subtitles_kept(text: &str) -> Vec<Range<usize>> {
    let is_substation = text
        .trim_start_matches('\u{FEFF}')
        .trim_start()
        .starts_with("[Script Info]");
    let mut kept = Vec::new();
    let mut at = 0;
    // Text of SubStation stands behind this many commas.
    let mut commas = 9;
    let mut in_block = false;
    let mut lines = text.split_inclusive('\n').peekable();
    while let Some(line) = lines.next() {
        let end = at + line.len();
        let bare = line.trim();
        if is_substation {
            if let Some(fields) = bare.strip_prefix("Format:")
                && fields.trim_end().ends_with("Text")
            {
                commas = fields.matches(',').count();
            }
            let spoken = (bare.starts_with("Dialogue:"))
                .then(|| line.match_indices(',').nth(commas.saturating_sub(1)))
                .flatten();
            match spoken {
                Some((comma, _)) => {
                    kept.push(at..at + comma + 1);
                    braces(&line[comma + 1..], at + comma + 1, &mut kept);
                }
                None => kept.push(at..end),
            }
        } else {
            let is_time = line.contains("-->");
            let before_time = lines.peek().is_some_and(|next| next.contains("-->"));
            if ["WEBVTT", "NOTE", "STYLE", "REGION"]
                .iter()
                .any(|head| is_header(bare, head))
            {
                in_block = true;
            }
            if bare.is_empty() {
                in_block = false;
            }
            if is_time || before_time || in_block {
                kept.push(at..end);
                in_block &= !is_time;
            } else {
                tags(line, at, &mut kept);
            }
        }
        at = end;
    }
    kept
}

/// Whether a line opens a block of WebVTT that is not spoken.
fn is_header(line: &str, head: &str) -> bool {
    line.strip_prefix(head)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t']))
}

/// `{\i1}` and the line end `\N`.
fn braces(line: &str, by: usize, kept: &mut Vec<Range<usize>>) {
    let mut at = 0;
    while let Some(found) = line[at..].find(['{', '\\']) {
        let start = at + found;
        at = match line[start..].find('}') {
            Some(close) if line[start..].starts_with('{') => start + close + 1,
            _ => line[start + 1..]
                .chars()
                .next()
                .map_or(line.len(), |next| start + 1 + next.len_utf8()),
        };
        kept.push(by + start..by + at);
    }
}

/// `<i>`, `</c.yellow>`, `<00:01.000>`, `{\an8}`.
fn tags(line: &str, by: usize, kept: &mut Vec<Range<usize>>) {
    let mut at = 0;
    while let Some(found) = line[at..].find(['<', '{']) {
        let start = at + found;
        let (open, close) = if line[start..].starts_with('<') {
            ("<", '>')
        } else {
            ("{\\", '}')
        };
        let next = line[start + 1..].chars().next();
        let opens = line[start..].starts_with(open)
            && next.is_some_and(|c| c.is_ascii_alphanumeric() || c == '/' || c == '\\');
        match line[start..].find(close) {
            Some(end) if opens => {
                at = start + end + 1;
                kept.push(by + start..by + at);
            }
            _ => at = start + 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str, kept: fn(&str) -> Vec<Range<usize>>) -> Vec<&str> {
        kept(text).into_iter().map(|span| &text[span]).collect()
    }

    #[test]
    fn markdown_code_and_targets_stay() {
        let text = "# 社會\n\n```\n會\n```\n\n    會\n\n<b class=\"x\">會</b> ![圖](a.png)\n\n[a]: http://x \"會\"\n";
        let kept = parts(text, markdown_kept);
        assert!(kept.contains(&"```\n會\n```"), "{kept:?}");
        assert!(
            kept.contains(&"<b class=\"x\">") && kept.contains(&"](a.png)"),
            "{kept:?}"
        );
        assert!(
            kept.iter().any(|part| part.starts_with("]: http")),
            "{kept:?}"
        );
        assert!(
            kept.iter().any(|part| part.trim() == "會"),
            "indented code: {kept:?}"
        );
        assert!(!kept.iter().any(|part| part.contains("社會")));
    }

    #[test]
    fn only_what_is_spoken_is_text() {
        let ass = "[Script Info]\nTitle: 會\n[Events]\nFormat: Layer, Start, Text\nDialogue: 0,0:00:01.00,{\\i1}社會\\N工作, 好\n";
        assert_eq!(
            parts(ass, subtitles_kept)[4..],
            ["Dialogue: 0,0:00:01.00,", "{\\i1}", "\\N"]
        );
        let vtt = "WEBVTT - 會\n\nNOTE 會\n會\n\nid\n00:01.000 --> 00:02.000\n- <v 會>社會 1 < 2\n";
        assert_eq!(
            parts(vtt, subtitles_kept),
            [
                "WEBVTT - 會\n",
                "NOTE 會\n",
                "會\n",
                "id\n",
                "00:01.000 --> 00:02.000\n",
                "<v 會>"
            ]
        );
    }
}
