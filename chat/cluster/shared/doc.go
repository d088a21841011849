// Package shared has what all chat processes agree on, in Redis while it is there and in
// each process while it is away: sets of values of which the latest version wins ([Set]),
// and cooldowns that are counted together ([Cooldowns]).
package shared
