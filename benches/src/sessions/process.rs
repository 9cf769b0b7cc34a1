//! What the system says of a process and of the machine.

use std::fs::read_to_string;
use std::time::Duration;

use super::Fallible;

/// Ticks a second of every time in `/proc`.
const TICKS: u64 = 100;

/// The CPU time that a process has used, in steps of 10 ms.
pub(crate) fn cpu_of(process: u32) -> Fallible<Duration> {
    let stat = read_to_string(format!("/proc/{process}/stat"))?;
    // The name, in brackets, may hold spaces.
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let fields: Vec<_> = after_name.split_whitespace().skip(11).take(2).map(str::parse::<u64>).collect();
    let ticks = fields.into_iter().sum::<Result<u64, _>>()?;
    Ok(Duration::from_millis(ticks * 1000 / TICKS))
}

/// The memory that a process has in use, in bytes.
pub(crate) fn resident_of(process: u32) -> Fallible<u64> {
    let status = read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()).ok_or("expected VmRSS, got none")?;
    Ok(kilobytes.parse::<u64>()? * 1024)
}

/// The CPU time that the machine has used on all of its cores, idling not counted.
pub(super) fn cpu_of_machine() -> Fallible<Duration> {
    let stat = read_to_string("/proc/stat")?;
    let line = stat.lines().next().unwrap_or_default();
    let mut busy = 0;
    for (place, field) in line.split_whitespace().skip(1).enumerate() {
        // Idle, waiting for a disk; guests are counted among the users already.
        if !matches!(place, 3 | 4 | 8..) {
            busy += field.parse::<u64>()?;
        }
    }
    Ok(Duration::from_millis(busy * 1000 / TICKS))
}
