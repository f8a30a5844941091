//! Formats with fields, folders and configuration, as a user sees them.

#[path = "support/program.rs"]
mod program;

use program::{DAMAGED, Folder, REPAIRED};

fn damaged() -> &'static str {
    DAMAGED.trim()
}

fn repaired() -> &'static str {
    REPAIRED.trim()
}

/// What `fix` makes of a file with this name.
fn fixed(name: &str, text: &str, words: &[&str]) -> String {
    let folder = Folder::new();
    folder.write(name, text);
    folder.done(&[&["fix", "-q", name, "-o", "out.tmp"], words].concat());
    folder.read("out.tmp")
}

#[test]
fn json_lines_change_in_their_fields_alone() {
    let line = |text: &str| {
        format!(
            "{{ \"id\":1.50, \"text\":\"{text}\\n\\u0041\\/\" , \"社會\":[null,\"社會(huì )\"], \"meta\" : {{\"title\":\"{text}\"}} }}\r\n"
        )
    };
    let text = [line(damaged()), "\r\n".to_owned(), line("没有")].concat();
    let out = fixed("a.jsonl", &text, &["--field", "text"]);
    let expected = text.replacen(damaged(), repaired(), 1);
    assert_eq!(out, expected);
    let out = fixed(
        "a.jsonl",
        &text,
        &["--field", "text", "--field", "meta.title"],
    );
    assert_eq!(out, text.replace(damaged(), repaired()));
    // A record is a page of its own, whatever stands in the others.
    let clean = "{\"text\":\"重(zhòng)要\"}\n";
    assert!(fixed("a.jsonl", &[&text, clean].concat(), &[]).ends_with(clean));
    let folder = Folder::new();
    folder.write("a.jsonl", &text);
    let (code, _, error) = folder.ran(&["check", "a.jsonl", "--field", "a..b"]);
    assert!(code == 2 && error.contains("--field"), "{error}");
    // The same on many threads, with records beyond any chunk.
    let many = text.repeat(6000);
    folder.write("many.jsonl", &many);
    for threads in ["1", "3"] {
        folder.done(&[
            "fix",
            "-q",
            "many.jsonl",
            "--field",
            "text",
            "-j",
            threads,
            "-o",
            "out.jsonl",
        ]);
        assert!(folder.read("out.jsonl") == expected.repeat(6000));
    }
}

#[test]
fn tables_change_in_their_columns_alone() {
    let csv = format!(
        "id,標題,text\n1,社會,\"{0}\"\"{0}\"\n2,社會,{1}\n",
        damaged().replace(',', "，"),
        "没有"
    );
    let out = fixed("a.csv", &csv, &["--column", "text"]);
    assert!(
        out.starts_with("id,標題,text\n1,社會,\"党的社会工作"),
        "{out}"
    );
    assert!(
        out.contains("\"\"党的") && out.ends_with("\n2,社會,没有\n"),
        "{out}"
    );
    let tsv = format!("a\tb\n社會說這樣\t{}\n", damaged());
    assert_eq!(
        fixed("a.tsv", &tsv, &["--column", "b"]),
        tsv.replace(damaged(), repaired())
    );
    let folder = Folder::new();
    folder.write("a.csv", &csv);
    for column in ["Text", "9"] {
        let (code, _, error) = folder.ran(&["check", "a.csv", "--column", column]);
        let expected = format!(
            "there is no column `{column}`; the first row has id, 標題, text; give one of these, or a number from 1 to 3"
        );
        assert!(code == 2 && error.contains(&expected), "{error}");
    }
    // The first row may be a heading over all columns, and an empty table has nothing to repair.
    let headed = "目錄\n1,社會說這\n";
    assert_eq!(
        fixed("a.csv", headed, &["--column", "2"]),
        "目錄\n1,社会说这\n"
    );
    let headed = "目錄\n1\t社會說這\n";
    assert_eq!(
        fixed("a.tsv", headed, &["--column", "2"]),
        "目錄\n1\t社会说这\n"
    );
    assert_eq!(fixed("a.csv", "", &["--column", "2"]), "");
}

/// Programs find a column by what its header says, so that this is no text unless the table is said to have none.
#[test]
fn the_header_of_a_table_stays() {
    let table = "標題,x\n社會說這,a\n";
    for column in ["1", "標題"] {
        let out = fixed("a.csv", table, &["--column", column]);
        assert_eq!(out, "標題,x\n社会说这,a\n");
    }
    let repaired = "标题,x\n社会说这,a\n";
    let out = fixed("a.csv", table, &["--column", "1", "--no-header"]);
    assert_eq!(out, repaired);
    assert_eq!(fixed("a.csv", table, &[]), repaired);
    let folder = Folder::new();
    folder.write("a.csv", table);
    // Where only a number was given, the first row may be text: that it stays is said.
    let note = "warning: a.csv: the first row is taken for the header and stays as it is; give --no-header if it is none\n";
    let (code, _, error) = folder.ran(&["fix", "a.csv", "--column", "1"]);
    assert_eq!((code, &*error), (0, note));
    for words in [["--column", "標題"], ["--column", "2"]] {
        let (code, _, error) = folder.ran(&[&["fix", "a.csv"][..], &words].concat());
        assert_eq!((code, &*error), (0, ""), "{words:?}");
    }
    let (code, _, error) = folder.ran(&["fix", "a.csv", "--column", "標題", "--no-header"]);
    assert!(code == 2 && error.contains("give its number"), "{error}");
}

/// Escapes are text in records too, also where nothing else is beyond ASCII.
#[test]
fn escapes_in_records_of_ascii_are_decoded() {
    assert_eq!(
        fixed("a.jsonl", "{\"text\":\"&#20013;&#22269;\"}\n", &[]),
        "{\"text\":\"\\u4e2d\\u56fd\"}\n"
    );
    assert_eq!(
        fixed("a.csv", "id,text\n1,&#20013;&#22269;\n", &[]),
        "id,text\n1,中国\n"
    );
    let clean = "{\"a\":\"x &amp; y\",\"b\":\"https://a.example/%E4%B8%AD\",\"c\":\"1 + 1 = 2\"}\n";
    assert_eq!(fixed("a.jsonl", clean, &[]), clean);
}

/// A field that no record has is a mistake, and is said; the texts are written all the same.
#[test]
fn a_field_that_is_not_there_is_said() {
    let folder = Folder::new();
    let lines =
        "{\"id\":1,\"meta\":{\"title\":\"社會\"},\"text\":\"說這\"}\n{\"id\":2,\"rare\":null}\n";
    folder.write("a.jsonl", lines);
    folder.write("b.jsonl", "\n");
    folder.write("c.json", lines);
    let note = |file: &str, field: &str| {
        format!(
            "warning: {file}: no record has the field `{field}`; the first one has id, meta.title, text\n"
        )
    };
    let (code, out, error) = folder.ran(&["fix", "a.jsonl", "--field", "txet"]);
    assert_eq!((code, &*out), (0, lines));
    assert_eq!(error, note("a.jsonl", "txet"));
    let words = [
        "check",
        "a.jsonl",
        "b.jsonl",
        "c.json",
        "--field",
        "meta.titel",
        "--field",
        "rare",
        "--field",
        "text",
    ];
    let (code, out, error) = folder.ran(&words);
    assert_eq!(code, 1);
    assert_eq!(out, "a.jsonl: 2 script\nc.json: 2 script\n");
    assert_eq!(
        error,
        [note("a.jsonl", "meta.titel"), note("c.json", "meta.titel")].concat()
    );
    let (_, _, error) = folder.ran(&["fix", "-q", "a.jsonl", "--field", "txet"]);
    assert_eq!(error, "");
}

/// What is chosen of records says that there are records, where no name does.
#[test]
fn fields_and_columns_are_found_without_a_name() {
    use std::io::Write;
    let folder = Folder::new();
    let through = |words: &[&str], text: &str| {
        let mut run = folder.command(&[&["fix", "-q"], words].concat());
        let mut child = run
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(text.as_bytes())
            .unwrap();
        String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap()
    };
    let lines = "{\"id\":\"社會\",\"text\":\"說這\"}\n";
    let repaired = "{\"id\":\"社會\",\"text\":\"说这\"}\n";
    assert_eq!(through(&["--field", "text"], lines), repaired);
    assert_eq!(fixed("a.txt", lines, &["--field", "text"]), repaired);
    for table in ["社會,正文\n社會,說這\n", "社會\t正文\n社會\t說這\n"] {
        assert_eq!(
            through(&["--column", "正文"], table),
            table.replace("說這", "说这")
        );
    }
}

#[test]
fn records_are_read_in_every_form() {
    let folder = Folder::new();
    let wide = |text: &str| -> Vec<u8> {
        text.chars()
            .flat_map(|c| u32::from(c).to_le_bytes())
            .collect()
    };
    folder.write("wide.csv", wide("\u{FEFF}編號,正文\n1,社會說這樣\n"));
    folder.done(&["fix", "-q", "wide.csv", "-o", "fixed.csv"]);
    let fixed = std::fs::read(folder.at("fixed.csv")).unwrap();
    assert!(fixed == wide("\u{FEFF}编号,正文\n1,社会说这样\n"));
    // 己所不欲，勿施於人 in HZ.
    folder.write("a.csv", "~{<:Ky2;S{#,NpJ)l6HK~}\n");
    folder.done(&["fix", "-q", "a.csv", "-o", "fixed.csv"]);
    assert_eq!(folder.read("fixed.csv"), "~{<:Ky2;S{#,NpJ)SZHK~}\n");
}

/// A quote within a cell is a character like any other: what stands behind it is not one cell.
#[test]
fn a_stray_quote_in_a_table_quotes_nothing() {
    let table = format!("a,b\n5\" disk,x\n{}", "社會,\"說\n這\"\n".repeat(100_000));
    assert_eq!(
        fixed("a.csv", &table, &[]),
        table
            .replace('會', "会")
            .replace('說', "说")
            .replace('這', "这")
    );
}

/// A long string of many lines takes as long with `\n` as without: each repair is found from the one before.
#[test]
fn a_long_string_with_escapes_is_read_once() {
    let lines = "社會(huì )工作，說這樣的話。\\n".repeat(20_000);
    let text = format!("{{\"text\":\"{lines}\"}}\n");
    let repaired = fixed("a.jsonl", &text, &[]);
    let expected = "社会工作，说这样的话。\\n".repeat(20_000);
    assert!(repaired == format!("{{\"text\":\"{expected}\"}}\n"));
}

#[test]
fn html_changes_in_its_text_alone() {
    let page = |text: &str, title: &str| {
        format!(
            "<!DOCTYPE html><html><head><meta charset=\"utf-8\"><meta name=description content=\"{title}\">\
             <title>{title}</title><script>var a = '社會';</script><style>/* 社會 */</style></head>\
             <body title='{title}' data-a=\"社會\"><p>{text}&nbsp;&#x6703;</p><img alt=\"{title}\" src=\"社會.png\">\
             <pre>社會(huì )</pre><code>社會</code><ruby>會<rt>huì</rt></ruby><span translate=\"no\">社會</span>\
             <!-- 社會 --><p>{title}</p></body></html>\n"
        )
    };
    let out = fixed("a.html", &page(damaged(), "時代說這樣"), &[]);
    assert_eq!(out, page(repaired(), "时代说这样"));
    // Damage that ate markup is repaired before the tags are read.
    let eaten = "<html><body><p>黨的社會(huì )工作,發(fā)展?！?/p><pre>社會(huì )</pre><p>說這樣</p></body></html>";
    assert_eq!(
        fixed("a.html", eaten, &[]),
        "<html><body><p>党的社会工作，发展。”</p><pre>社會(huì )</pre><p>说这样</p></body></html>"
    );
}

/// Entities that markup needs stay, also in a piece of a page; those that Chinese in GBK has become come back.
#[test]
fn entities_of_markup_stay_and_those_of_misread_text_do_not() {
    let piece = "<p>&nbsp;&nbsp;没有&ldquo;损坏&rdquo;的文字&mdash;&mdash;d&eacute;j&agrave; vu &eacute;l&egrave;ve &lt;</p>\n";
    assert_eq!(fixed("a.html", piece, &[]), piece);
    let misread = "<p>&Auml;&atilde;&ordm;&Atilde;&pound;&not;&Ecirc;&Agrave;&frac12;&ccedil;</p>";
    let (misread, repaired) = (
        format!("{piece}{misread}\n"),
        format!("{piece}<p>你好，世界</p>\n"),
    );
    assert_eq!(fixed("a.html", &misread, &[]), repaired);
    assert_eq!(
        fixed("a.txt", "&#196;&#227;&#186;&#195;!\n", &[]),
        "你好!\n"
    );
}

#[test]
fn a_page_in_another_encoding_says_so() {
    let folder = Folder::new();
    let page = "<?xml version=\"1.0\" encoding=\"GB2312\"?><html><head><meta charset=gbk><meta http-equiv=\"Content-Type\" content=\"text/html; charset=gb2312\"></head><p>没有损坏的文字</p></html>";
    folder.write("a.html", encoding_rs::GBK.encode(page).0);
    folder.done(&[
        "fix",
        "-q",
        "a.html",
        "--to-encoding",
        "utf-8",
        "-o",
        "b.html",
    ]);
    assert_eq!(
        folder.read("b.html"),
        page.replace("GB2312", "utf-8")
            .replace("gb2312", "utf-8")
            .replace("gbk", "utf-8")
    );
    folder.done(&["fix", "-q", "a.html", "-o", "c.html"]);
    assert_eq!(
        std::fs::read(folder.at("c.html")).unwrap(),
        encoding_rs::GBK.encode(page).0.as_ref()
    );
}

/// A page of ASCII is in the encoding that it declares: what its entities become is written in that, and an entity of a
/// character that it lacks stays.
#[test]
fn entities_become_what_the_declared_encoding_has() {
    let folder = Folder::new();
    let page = |charset: &str, text: &str| {
        format!(
            "<html><head><meta charset=\"{charset}\"></head><body><p>{text}</p></body></html>\n"
        )
    };
    let escaped = "&#20013;&#22269; &#13312;&#20013; caf&#233;";
    let words = |name: &str| -> Vec<u8> {
        folder.done(&["fix", "-q", name, "-o", "out.tmp"]);
        std::fs::read(folder.at("out.tmp")).unwrap()
    };
    folder.write("a.html", page("gb2312", escaped));
    let decoded = page("gb2312", "中国 &#13312;&#20013; caf&#233;");
    let gbk = encoding_rs::GBK.encode(&decoded).0;
    assert_eq!(words("a.html"), *gbk);
    // The same page in GBK, once more, is done.
    folder.write("b.html", &gbk);
    assert_eq!(words("b.html"), *gbk);
    // Big5 has no 国, and Latin-1 has nothing of it.
    for charset in ["big5", "iso-8859-1"] {
        folder.write("a.html", page(charset, escaped));
        assert_eq!(words("a.html"), page(charset, escaped).as_bytes());
    }
    // Written as UTF-8, all of it is there, and the page says so; one without entities stays as it is.
    let as_utf8 = || {
        let options = ["--to-encoding", "utf-8", "-o", "out.tmp"];
        folder.done(&[&["fix", "-q", "a.html"], &options[..]].concat());
        folder.read("out.tmp")
    };
    assert_eq!(as_utf8(), page("utf-8", "中国 㐀中 caf&#233;"));
    folder.write("a.html", page("gb2312", "plain"));
    assert_eq!(as_utf8(), page("gb2312", "plain"));
    let xml =
        "<?xml version=\"1.0\" encoding=\"gb2312\"?>\n<a>&#31038;&#26371;&#35498;&#36889;</a>\n";
    folder.write("a.xml", xml);
    folder.done(&["fix", "-q", "a.xml", "-o", "out.tmp"]);
    let fixed = std::fs::read(folder.at("out.tmp")).unwrap();
    let text = encoding_rs::GBK.decode(&fixed).0;
    assert!(text.contains("会说这"), "{text}");
    // What stands in a table is no declaration of the table.
    let table = "<meta charset=gb2312>,text\n1,&#20013;&#22269;\n";
    assert_eq!(
        fixed_bytes(&folder, "a.csv", table),
        table.replace("&#20013;&#22269;", "中国").as_bytes()
    );
}

/// What `fix` makes of a file in a folder.
fn fixed_bytes(folder: &Folder, name: &str, text: &str) -> Vec<u8> {
    folder.write(name, text);
    folder.done(&["fix", "-q", name, "-o", "out.tmp"]);
    std::fs::read(folder.at("out.tmp")).unwrap()
}

#[test]
fn a_declaration_between_other_marks_is_left_alone() {
    for quotes in ["“”", "\u{FF02}\u{FF02}", "ab", "\"b", "  "] {
        let (open, close) = quotes.split_at(quotes.chars().next().unwrap().len_utf8());
        let page =
            format!("<?xml version='1.0' encoding={open}utf-8{close}?><a>没有损坏的文字</a>\n");
        let folder = Folder::new();
        folder.write("a.xml", &page);
        folder.done(&[
            "fix",
            "-q",
            "a.xml",
            "--to-encoding",
            "gb18030",
            "-o",
            "b.xml",
        ]);
        let written = std::fs::read(folder.at("b.xml")).unwrap();
        assert_eq!(encoding_rs::GB18030.decode(&written).0, page);
    }
}

#[test]
fn markdown_and_subtitles_keep_what_is_no_prose() {
    let markdown = |text: &str| format!("# {text}\n\n```\n社會\n```\n\n`社會` [{text}](社會.md)\n");
    assert_eq!(
        fixed("a.md", &markdown("社會說這樣"), &[]),
        markdown("社会说这样")
    );
    let subtitles = |text: &str| {
        format!(
            "1\n00:00:01,000 --> 00:00:02,000\n<i>{text}</i>\n\n2\n00:00:03,000 --> 00:00:04,000\n{text}\n"
        )
    };
    assert_eq!(
        fixed("a.srt", &subtitles("社會說這樣"), &[]),
        subtitles("社会说这样")
    );
    // Told to be something else.
    assert!(fixed("a.md", &markdown("社會說這樣"), &["--type", "plain"]).contains("社会.md"));
    let folder = Folder::new();
    let (code, _, error) = folder.ran(&["check", "--type", "doc"]);
    assert!(
        code == 2 && error.contains("the kinds are plain, html"),
        "{error}"
    );
}

#[test]
fn folders_are_walked_as_told() {
    let folder = Folder::new();
    for name in [
        "d/a.txt",
        "d/b/c.html",
        "d/b/skip.log",
        "d/.hidden.txt",
        "d/old/x.txt",
    ] {
        folder.write(name, DAMAGED);
    }
    folder.write("d/.hanfixignore", "old/\n*.log\n");
    let files = |words: &[&str]| folder.ran(&[&["check", "--files", "d"], words].concat()).1;
    assert_eq!(files(&[]), "d/a.txt\nd/b/c.html\n");
    assert_eq!(files(&["-t", "html"]), "d/b/c.html\n");
    assert_eq!(files(&["-g", "!b"]), "d/a.txt\n");
    assert_eq!(
        files(&["--hidden", "--no-ignore", "-g", "*.txt"]),
        "d/.hidden.txt\nd/a.txt\nd/old/x.txt\n"
    );
    // A path that is named itself is read.
    assert_eq!(
        files(&["d/b/skip.log"]),
        "d/a.txt\nd/b/c.html\nd/b/skip.log\n"
    );
    assert!(folder.ran(&["check", "--type-list"]).1.contains("html: "));

    folder.done(&["fix", "-q", "d", "-o", "out"]);
    assert_eq!(folder.read("out/b/c.html"), REPAIRED);
    let (code, _, error) = folder.ran(&["fix", "d", "-o", "d/out"]);
    assert!(
        code == 2 && error.contains("choose a folder outside"),
        "{error}"
    );
    folder.write("e/a.txt", DAMAGED);
    let (code, _, error) = folder.ran(&["fix", "d", "e", "-o", "both"]);
    assert!(code == 2 && error.contains("--keep-paths"), "{error}");
    folder.done(&["fix", "-q", "d", "e", "-o", "kept", "--keep-paths"]);
    assert_eq!(folder.read("kept/e/a.txt"), REPAIRED);
}

#[test]
fn the_configuration_counts_and_the_command_line_counts_more() {
    let folder = Folder::new();
    folder.write("a.csv", "社會說這樣,社會說這樣\n");
    folder.write("sub/b.txt", DAMAGED);
    folder.write(
        "hanfix.toml",
        "to = \"keep\"\n[[override]]\nglob = \"*.csv\"\nto = \"zh-Hans\"\ncolumn = [1]\nno-header = true\n",
    );
    assert!(folder.ran(&["fix", "a.csv"]).1 == "社会说这样,社會說這樣\n");
    assert!(
        folder
            .ran(&["fix", "sub/b.txt"])
            .1
            .starts_with("黨的社會工作")
    );
    assert!(
        folder
            .ran(&["fix", "sub/b.txt", "--to", "zh-Hans"])
            .1
            .starts_with("党的社会工作")
    );
    assert!(
        folder
            .ran(&["fix", "sub/b.txt", "--isolated"])
            .1
            .starts_with("党的社会工作")
    );
    let output = folder
        .command(&["fix", "b.txt"])
        .current_dir(folder.at("sub"))
        .output()
        .unwrap();
    assert!(
        String::from_utf8_lossy(&output.stdout).starts_with("黨的社會工作"),
        "found above"
    );
    let (_, dumped, _) = folder.ran(&["fix", "--dump-config"]);
    assert!(
        dumped.contains("to = \"keep\"\n") && dumped.contains("min-confidence = 0.95\n"),
        "{dumped}"
    );
    // What is dumped can be read.
    folder.write("dumped.toml", &dumped);
    assert!(
        folder
            .ran(&["fix", "--config", "dumped.toml", "sub/b.txt"])
            .1
            .starts_with("黨的社會工作")
    );

    for (text, expected) in [
        (
            "punkt = \"full\"",
            "there is no option `punkt`; did you mean `punct`?",
        ),
        (
            "[[override]]\nglob = \"*.csv\"\ncolum = 1",
            "there is no option `colum`; did you mean `column`?",
        ),
        ("[[override]]\ncolumn = 1", "`glob` is missing"),
        (
            "[[override]]\nglob = \"*\"\nthreads = 1",
            "holds for the whole run",
        ),
        ("output = \"x\"", "`output` belongs to one run"),
        ("color = \"sometimes\"", "invalid value 'sometimes'"),
        ("punct = \"none\"", "invalid value 'none'"),
        ("to = ", "not a TOML file"),
        ("to = {}", "cannot be a table"),
        (
            "[[override]]\nglob = \"*.csv\"\npunct = \"none\"",
            "invalid value 'none'",
        ),
    ] {
        folder.write("hanfix.toml", text);
        let (code, _, error) = folder.ran(&["fix", "sub/b.txt"]);
        assert!(
            code == 2 && error.contains("hanfix.toml") && error.contains(expected),
            "{text}: {error}"
        );
    }
}

/// Of several overrides that match a file the last one counts, and `false` takes a flag back.
#[test]
fn the_last_override_counts() {
    let folder = Folder::new();
    folder.write("a.csv", "社會說這樣,社會說這樣\n");
    let fixed = |configuration: &str| {
        folder.write("hanfix.toml", configuration);
        let (code, output, error) = folder.ran(&["fix", "--no-header", "a.csv"]);
        assert_eq!(code, 0, "{error}");
        output
    };
    let both = "[[override]]\nglob = \"*.csv\"\ncolumn = [1]\n[[override]]\nglob = \"a.*\"\n";
    assert_eq!(
        fixed(&format!("{both}column = [2]\n")),
        "社會說這樣,社会说这样\n"
    );
    assert_eq!(
        fixed(&format!("{both}to = \"keep\"\n")),
        "社會說這樣,社會說這樣\n"
    );
    assert_eq!(
        fixed("column = [1]\n[[override]]\nglob = \"*.csv\"\ncolumn = [2]\n"),
        "社會說這樣,社会说这样\n"
    );
    folder.write("a.csv", "「社會說這樣」\n");
    let quoted = "quotes = true\n[[override]]\nglob = \"*.csv\"\n";
    assert_eq!(fixed(&format!("{quoted}ignore = []\n")), "“社会说这样”\n");
    assert_eq!(
        fixed(&format!("{quoted}quotes = false\n")),
        "「社会说这样」\n"
    );
}

/// A pattern with a folder in it begins at the folder of the configuration, wherever the program runs.
#[test]
fn patterns_begin_at_the_folder_of_the_configuration() {
    let folder = Folder::new();
    for name in ["d/a.csv", "e/a.csv"] {
        folder.write(name, "社會說這樣\n");
    }
    folder.write(
        "hanfix.toml",
        "to = \"keep\"\n[[override]]\nglob = \"d/*.csv\"\nto = \"zh-Hans\"\n",
    );
    let whole = folder.at("d/a.csv").display().to_string();
    let above = folder.at("e/../d/a.csv").display().to_string();
    for (from, path, expected) in [
        ("", "d/a.csv", "社会说这样\n"),
        ("", "./d/a.csv", "社会说这样\n"),
        ("", &whole, "社会说这样\n"),
        ("", &above, "社会说这样\n"),
        ("d", "a.csv", "社会说这样\n"),
        ("e", "../d/a.csv", "社会说这样\n"),
        ("e", "a.csv", "社會說這樣\n"),
        ("", "e/a.csv", "社會說這樣\n"),
    ] {
        let mut command = folder.command(&["fix", path]);
        let output = command.current_dir(folder.at(from)).output().unwrap();
        assert_eq!(
            String::from_utf8_lossy(&output.stdout),
            expected,
            "{path} from `{from}`"
        );
    }
    // A pattern without a folder is for every file of that name.
    folder.write(
        "d/hanfix.toml",
        "to = \"keep\"\n[[override]]\nglob = \"a.csv\"\nto = \"zh-Hans\"\n",
    );
    let (_, output, _) = folder.ran(&["fix", "--config", "d/hanfix.toml", "e/a.csv"]);
    assert_eq!(output, "社会说这样\n");
}

#[test]
fn what_the_command_line_excludes_is_not_taken_from_the_configuration() {
    let folder = Folder::new();
    folder.write("a.txt", DAMAGED);
    folder.write(
        "hanfix.toml",
        "journal = \"kept\"\nverbose = true\nwords = true\n",
    );
    folder.done(&["fix", "-w", "-q", "--no-words", "--no-journal", "a.txt"]);
    assert_eq!(folder.read("a.txt"), REPAIRED);
    assert!(!folder.at("kept").exists());
    folder.write("a.txt", DAMAGED);
    let (code, _, error) = folder.ran(&["fix", "-w", "a.txt"]);
    assert!(code == 0 && folder.at("kept").exists());
    assert!(error.contains("15 changes"), "verbose: {error}");
    // What has no meaning without another option waits for it.
    folder.write("a.txt", DAMAGED);
    folder.write(
        "hanfix.toml",
        "report-sample = 1\nkeep-paths = true\nbackup = \".old\"\n",
    );
    assert_eq!(folder.ran(&["fix", "-q", "a.txt"]).1, REPAIRED);
    folder.done(&[
        "fix",
        "-q",
        "a.txt",
        "-o",
        "out",
        "--report",
        "report.jsonl",
    ]);
    assert!(folder.read("report.jsonl").lines().count() < 15);
    folder.done(&["fix", "-q", "-w", "a.txt"]);
    assert_eq!(folder.read("a.txt.old"), DAMAGED);
    // Formats have names of their own with each command.
    folder.write("hanfix.toml", "format = \"counts\"\nto = \"keep\"\n");
    let (_, output, error) = folder.ran(&["diff", "--min-confidence", "1", "a.txt"]);
    assert!(error.is_empty(), "{output}{error}");
}

#[test]
fn messages_and_detection_are_configured_too() {
    let folder = Folder::new();
    folder.write("a.txt", DAMAGED);
    let (_, plain, _) = folder.ran(&["diff", "a.txt"]);
    folder.write("hanfix.toml", "color = \"always\"\n");
    let (_, coloured, _) = folder.ran(&["diff", "a.txt"]);
    assert!(coloured.contains('\u{1B}') && !plain.contains('\u{1B}'));
    assert_eq!(folder.ran(&["diff", "--color", "never", "a.txt"]).1, plain);
    let (_, dumped, _) = folder.ran(&["fix", "--dump-config"]);
    assert!(dumped.contains("color = \"always\"\n"), "{dumped}");
    folder.write("hanfix.toml", "ignore = [\"annotation\", \"torn\"]\n");
    let (_, found, _) = folder.ran(&["detect", "a.txt"]);
    let (_, isolated, _) = folder.ran(&["detect", "--isolated", "a.txt"]);
    assert!(
        isolated.contains("annotation") && !found.contains("annotation"),
        "{found}"
    );
}

#[test]
fn report_statistics_completions_and_manual() {
    let folder = Folder::new();
    for number in 0..9 {
        folder.write(&format!("d/{number}.txt"), DAMAGED);
    }
    let (code, _, error) = folder.ran(&[
        "check",
        "d",
        "--report",
        "report.jsonl",
        "--report-sample",
        "2",
        "--stats",
    ]);
    assert!(
        code == 1 && error.contains("9 files read, 9 changed, 0 failed"),
        "{error}"
    );
    let report = folder.read("report.jsonl");
    let count = |kind: &str| {
        report
            .lines()
            .filter(|line| line.starts_with(&format!("{{\"type\":\"{kind}\"")))
            .count()
    };
    assert_eq!((count("file"), count("summary")), (9, 1));
    assert_eq!(
        report.matches("\"rule\":\"annotation\",\"before\"").count(),
        2,
        "{report}"
    );
    let (_, _, _) = folder.ran(&["check", "d", "--report", "all.jsonl"]);
    assert_eq!(
        folder
            .read("all.jsonl")
            .matches("\"rule\":\"annotation\",\"before\"")
            .count(),
        27
    );
    for shell in ["bash", "zsh", "fish"] {
        let (code, output, _) = folder.ran(&["completions", shell]);
        assert!(
            code == 0 && output.contains("hanfix") && output.contains("undo"),
            "{shell}"
        );
    }
    let (code, page, _) = folder.ran(&["man"]);
    assert!(code == 0 && page.contains(".TH hanfix"), "{page}");
    folder.done(&["man", "-o", "man"]);
    assert!(
        folder.files().contains(&"man/hanfix-fix.1".to_owned()),
        "{:?}",
        folder.files()
    );
}
