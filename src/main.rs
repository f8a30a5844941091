use std::io::{Read, Write};
fn main() {
    let mut s = String::new();
    std::io::stdin().read_to_string(&mut s).unwrap();
    let mut o = hanfix::Options::default();
    if std::env::args().any(|a| a == "keep") { o.to = hanfix::Target::Keep; }
    let r = hanfix::Repairer::new(o);
    let f = r.fix(&s);
    std::io::stdout().write_all(f.text.as_bytes()).unwrap();
    if std::env::args().any(|a| a == "-v") {
        for e in f.edits.iter().filter(|e| e.evidence.is_some()) { eprintln!("{:?} {} -> {} {:?} {:.3} {:#?}", e.span, &s[e.span.clone()], e.new, e.rule, e.confidence, e.evidence.as_ref().unwrap()); }
        for u in &f.unresolved { eprintln!("{u:?} {}", &s[u.span.clone()]); }
    }
}
