package identity

import (
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/globalfandom/lightstick/chat/message"
)

// DefaultReserved are words that no guest's name may be or have as a word, in the
// languages of those who are likely to be fooled.
var DefaultReserved = []string{
	"admin", "administrator", "moderator", "mod", "host", "owner", "staff", "official", "system", "support", "operator", "lightstick", "everyone",
	"관리자", "운영자", "운영진", "매니저", "스태프", "공식", "진행자",
	"管理者", "管理人", "運営", "公式", "スタッフ", "モデレーター", "ホスト", "マネージャー",
	"管理员", "管理員", "官方", "版主", "主持人", "工作人员", "工作人員",
}

// NamesConfig says what names are kept from guests.
type NamesConfig struct {
	// Fold makes names equal that look alike; nil: NFKC and lower case.
	Fold func(string) string
	// Reserved are words that no guest's name may have; nil: DefaultReserved.
	Reserved []string
	// Recent is how long somebody's name stays theirs after they were last seen; 0: an hour.
	// Names of hosts and moderators stay for good.
	Recent time.Duration
	// Max bounds the names that are remembered; 0: 100,000. The oldest few go.
	Max int
}

// Names are the names in use, so that no guest takes somebody else's. They are this
// process's own. Names may be used concurrently.
type Names struct {
	fold     func(string) string
	reserved map[string]bool
	within   []string // reserved words of scripts that don't separate words
	recent   time.Duration
	max      int

	mu    sync.Mutex
	taken map[string]owner // by key
}

type owner struct {
	user string
	role message.Role
	seen time.Time
}

// NewNames makes Names.
func NewNames(c NamesConfig) *Names {
	n := &Names{fold: c.Fold, recent: c.Recent, max: c.Max, reserved: make(map[string]bool), taken: make(map[string]owner)}
	if n.fold == nil {
		n.fold = Fold
	}
	if n.recent <= 0 {
		n.recent = time.Hour
	}
	if n.max <= 0 {
		n.max = 100_000
	}
	if c.Reserved == nil {
		c.Reserved = DefaultReserved
	}
	for _, word := range c.Reserved {
		word = n.Key(word)
		n.reserved[word] = true
		if strings.ContainsFunc(word, unspaced) {
			n.within = append(n.within, word)
		}
	}
	return n
}

// Fold is NFKC in lower case: what names have in common that differ in width and case
// only.
func Fold(text string) string { return strings.ToLower(norm.NFKC.String(text)) }

// unspaced tells runes of scripts in which a word can follow another without a space,
// or ends in particles.
func unspaced(r rune) bool {
	return unicode.In(r, unicode.Hangul, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai)
}

// Key is what two names have in common that look alike: without spaces and signs,
// unless they are all of it.
func (n *Names) Key(name string) string {
	folded := n.fold(name)
	if letters := onlyLetters(folded); letters != "" {
		folded = letters
	} else if folded == "" { // a folder may leave nothing of emoji
		folded = Fold(name)
	}
	if len(folded) > maxNameKey {
		folded = strings.ToValidUTF8(folded[:maxNameKey], "")
	}
	return folded
}

// maxNameKey bounds keys, in bytes: one character can be 33 bytes in NFKC (U+FDFA).
const maxNameKey = 4 * message.MaxName

func onlyLetters(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsNumber(r) {
			return r
		}
		return -1
	}, text)
}

// Reserved tells whether the name has a reserved word, or is one with spaces or digits
// put in.
func (n *Names) Reserved(name string) bool {
	key := n.Key(name)
	if n.reserved[key] || n.reserved[strings.TrimFunc(key, unicode.IsNumber)] {
		return true
	}
	return slices.ContainsFunc(n.within, func(word string) bool { return strings.Contains(key, word) }) ||
		slices.ContainsFunc(words(norm.NFKC.String(name)), func(word string) bool { return n.reserved[n.Key(word)] })
}

// words cuts where letters end and where capitals begin: "TheAdmin_2" has the, admin.
func words(name string) []string {
	var found []string
	begin, last := -1, rune(0)
	cut := func(end int) {
		if begin >= 0 {
			found = append(found, name[begin:end])
		}
		begin = -1
	}
	for at, r := range name {
		if !unicode.IsLetter(r) || unicode.IsUpper(r) && unicode.IsLower(last) {
			cut(at)
		}
		if unicode.IsLetter(r) && begin < 0 {
			begin = at
		}
		last = r
	}
	cut(len(name))
	return found
}

// Take gives a name to a guest, unless it is reserved or somebody else's. The error is
// a *message.Refusal with CodeName.
func (n *Names) Take(name, user string) error {
	if n.Reserved(name) {
		return message.Refuse(message.CodeName, "that name is reserved; choose another")
	}
	key, now := n.Key(name), time.Now()
	n.mu.Lock()
	defer n.mu.Unlock()
	if o, there := n.taken[key]; there && o.user != user && n.holds(o, now) {
		return message.Refuse(message.CodeName, "somebody here has that name; choose another")
	}
	n.put(key, owner{user, message.Guest, now})
	return nil
}

// Seen notes that somebody with a name is here. It never takes a name from a moderator.
func (n *Names) Seen(u message.User) {
	if u.Name == "" {
		return
	}
	key, now := n.Key(u.Name), time.Now()
	n.mu.Lock()
	defer n.mu.Unlock()
	if o, there := n.taken[key]; there && o.user != u.ID && n.holds(o, now) && o.role.AtLeast(u.Role) {
		return
	}
	n.put(key, owner{u.ID, u.Role, now})
}

func (n *Names) holds(o owner, now time.Time) bool {
	return o.role.Moderates() || now.Sub(o.seen) < n.recent
}

// put needs the lock.
func (n *Names) put(key string, o owner) {
	if _, there := n.taken[key]; !there && len(n.taken) >= n.max {
		n.drop()
	}
	n.taken[key] = o
}

// drop makes room: of a few names, which a map gives at random, the one goes that
// wasn't seen for longest. Moderators' go last.
func (n *Names) drop() {
	victim, oldest, seen := "", owner{}, 0
	for key, o := range n.taken {
		later := o.role.Moderates() && !oldest.role.Moderates() ||
			o.role.Moderates() == oldest.role.Moderates() && o.seen.After(oldest.seen)
		if seen == 0 || !later {
			victim, oldest = key, o
		}
		if seen++; seen == 16 {
			break
		}
	}
	delete(n.taken, victim)
}
