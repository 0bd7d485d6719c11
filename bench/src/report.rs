//! Tables of a comparison, in Markdown. Computes ratios; measures nothing.

use std::fmt::Write as _;

use crate::contender::{self, Contender};
use crate::measure::{Sample, medians};
use crate::run::{Cell, Comparison, Table};

/// Whom the others are compared with: its name and how a ratio to it is headed.
const BASES: &[(&str, &str)] = &[("express", "× (a)"), ("sqlite", "× (b)"), ("isolated-vm", "× (c)")];

pub(crate) fn comparison(comparison: &Comparison) -> String {
    let plan = comparison.plan;
    let mut text = format!(
        "Medians of {} rounds of {} s after {} ms of warm-up ({} rounds in the first table), contenders in turn.\n\n",
        plan.rounds,
        plan.time.as_secs_f64(),
        plan.warm_up.as_millis(),
        plan.rounds_of_main
    );
    text.push_str(&contenders());
    for table in &comparison.tables {
        let _ = write!(text, "\n### {}\n\n{}", table.title, rows(table));
    }
    for (contender, why) in &comparison.left_out {
        let _ = write!(text, "\nLeft out: {} ({why}).\n", contender.title);
    }
    text
}

/// What each contender does.
fn contenders() -> String {
    let mut text = "| contender | on disk before the answer | handler runs in |\n|---|---|---|\n".to_owned();
    for Contender { title, is_durable, sandbox, .. } in contender::ALL {
        let durable = if *is_durable { "yes" } else { "no" };
        let sandbox = if *sandbox == "none" { "the server's own process" } else { sandbox };
        let _ = writeln!(text, "| {title} | {durable} | {sandbox} |");
    }
    text
}

fn rows(table: &Table) -> String {
    let is_delivering = table.cells.iter().any(|cell| cell.deliveries.is_some());
    let mut head = vec!["contender", "webhooks/s (lowest–highest)"];
    if !table.is_at_fixed_rate && !is_delivering {
        head.extend(BASES.iter().map(|(_, title)| *title));
    }
    head.extend(["p50 ms", "p99 ms", "p99.9 ms", "CPU µs/webhook", "failures"]);
    if is_delivering {
        head.extend(["deliveries/s meanwhile", "made later"]);
    }
    let mut text = format!("| {} |\n|{}\n", head.join(" | "), "---|".repeat(head.len()));
    for cell in &table.cells {
        let _ = writeln!(text, "| {} |", row(table, cell, is_delivering).join(" | "));
    }
    text
}

fn row(table: &Table, cell: &Cell, is_delivering: bool) -> Vec<String> {
    let Sample { per_second, p50_ms, p99_ms, p999_ms, cpu_us, failures } = medians(&cell.samples);
    let each = || cell.samples.iter().map(|sample| sample.per_second);
    let (lowest, highest) = (each().fold(f64::INFINITY, f64::min), each().fold(0.0, f64::max));
    let mut row = vec![cell.contender.title.to_owned(), format!("{per_second:.0} ({lowest:.0}–{highest:.0})")];
    if !table.is_at_fixed_rate && !is_delivering {
        row.extend(BASES.iter().map(|(base, _)| ratio(table, base, per_second)));
    }
    row.extend([format!("{p50_ms:.2}"), format!("{p99_ms:.2}"), format!("{p999_ms:.2}"), format!("{cpu_us:.0}")]);
    row.push(failures.to_string());
    if let Some(deliveries) = cell.deliveries {
        row.extend([format!("{:.0}", deliveries.per_second), deliveries.left_over.to_string()]);
    }
    row
}

fn ratio(table: &Table, base: &str, per_second: f64) -> String {
    let base = table.cells.iter().find(|cell| cell.contender.name == base);
    let ratio = base.map(|base| per_second / medians(&base.samples).per_second);
    ratio.filter(|ratio| ratio.is_finite()).map_or_else(|| "–".to_owned(), |ratio| format!("{ratio:.2}"))
}
