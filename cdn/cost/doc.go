// Package cost says what delivery costs: a table of CDNs' prices, a meter of what
// was delivered, and from both the cost by hour, by stream, by viewer-hour, of the
// month, and of a show that is yet to come. A [BudgetWatch] compares it with a budget.
//
// Money is whole billionths ([Money]); what divisions leave is carried on, so that
// the sum of all parts is the whole to the last digit. Volumes are bytes, and each
// CDN's table says what its gigabyte is. Months are those of UTC.
//
// # What is counted
//
// A [Usage] is what one source saw of one stream on one CDN: the origin's own
// counters, players' reports (CMCD), or a CDN's logs. What the origin sends is
// charged to the CDN named "origin", whose price the operator sets: what a CDN
// fetches from us is delivered twice and paid twice. No delivery by a CDN is counted
// twice: of each CDN and hour only the logs count as soon as there are any, and
// the reports else. For the cost of the last minutes the same holds for each minute.
// Logs know no viewers: time watched is always that of the reports.
package cost
