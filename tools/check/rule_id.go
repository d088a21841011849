package check

// ruleID is a rule's place in the table of rules.
type ruleID int

// rule is what the table says of one rule.
type rule struct {
	id      string // stable, for scripts
	group   string
	section string
	advice  bool // recommended, not demanded: not met is a warning
	title   string
}

// The groups, in the order in which a report shows them.
const (
	groupPlaylist     = "Playlist"
	groupLowLatency   = "Low latency"
	groupReload       = "Blocking reload"
	groupDelta        = "Delta updates"
	groupMedia        = "Media"
	groupRenditions   = "Renditions"
	groupMultivariant = "Multivariant"
	groupHTTP         = "HTTP"
)

// The rules, in the order in which a report shows them.
const (
	ruleText ruleID = iota
	ruleFirstLine
	ruleVersion
	ruleVersionEnough
	ruleKnownTags
	ruleTagOnce
	ruleTagPlace
	ruleAttributes
	ruleRequiredAttributes
	ruleTargetDuration
	ruleExtinf
	ruleExtinfTarget
	ruleTargetConstant
	ruleMediaSequence
	ruleDiscontinuitySequence
	ruleSegmentConstant
	ruleAppendOnly
	ruleWindowMinimum
	ruleWindowAdvice
	ruleMap
	ruleDatePresent
	ruleDateContinuous
	ruleGapParts
	ruleEndFinal
	rulePlaylistType
	ruleDateRange
	ruleDateRangeConstant
	ruleDateRangeKept
	ruleFresh

	rulePartInf
	rulePartMax
	rulePartMin
	rulePartSum
	rulePartPlace
	rulePartIndependent
	rulePartIndependentFirst
	rulePartIndependentSaid
	rulePartKept
	rulePartDropped
	rulePartCadence
	rulePartGone
	ruleSegmentGone
	ruleHint
	ruleHintPresent
	ruleHintEnded
	rulePartHoldBack
	rulePartHoldBackAdvice
	ruleHoldBack
	ruleCanBlock
	ruleReportPresent
	ruleReportTrue

	ruleBlockContains
	ruleBlockAtOnce
	ruleBlockInTime
	ruleBlockRollover
	ruleBlockPartAlone
	ruleBlockTooFar
	ruleHintAnswered
	ruleHintWhole
	ruleBlockEnded

	ruleSkipBoundary
	ruleSkipDateRangesNeed
	ruleSkipServed
	ruleSkipMerges
	ruleSkipDateRanges
	ruleSkipIgnored

	ruleInit
	ruleBoxes
	ruleFragments
	ruleRelativeAddressing
	ruleSampleSizes
	ruleParts
	rulePartBytes
	ruleDecodeTime
	ruleSequence
	rulePartDuration
	ruleSegmentDuration
	ruleIndependentSegments
	ruleSegmentIndependent
	ruleReferenceTime

	ruleSameTarget
	ruleSameControl
	ruleSameDates
	ruleSameMapping
	ruleSameDiscontinuity
	ruleVideoAligned
	ruleAudioAligned
	ruleInSync
	ruleSameDateRanges

	ruleReachable
	ruleGroups
	ruleGroupMembers
	ruleBandwidth
	ruleBandwidthPeak
	ruleBandwidthAverage
	ruleCodecs
	ruleCodecsTrue
	ruleResolution
	ruleResolutionTrue
	ruleIFramesOnly
	ruleIFrames

	ruleAvailable
	ruleNoUnavailable
	rulePlaylistMIME
	ruleMediaMIME
	ruleGzip
	ruleGzipAsked
	ruleIdentical
	ruleCacheControl
	ruleNoCookie
	ruleCORS
	ruleHTTP2

	ruleCount
)
