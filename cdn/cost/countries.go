package cost

import "strings"

// areas are the parts of the world that price lists speak of, with their countries
// (ISO 3166-1 alpha-2). Where lists disagree about a country, theirs names it itself.
var areas = map[string]string{
	"north-america":   "US CA MX BM GL PM UM",
	"central-america": "AG AI AW BB BL BQ BS BZ CR CU CW DM DO GD GP GT HN HT JM KN KY LC MF MQ MS NI PA PR SV SX TC TT VC VG VI",
	"south-america":   "AR BO BR CL CO EC FK GF GY PE PY SR UY VE GS",
	"europe": "AD AL AM AT AX AZ BA BE BG BY CH CY CZ DE DK EE ES FI FO FR GB GE GG GI GR HR HU IE IM IS IT JE LI LT LU LV " +
		"MC MD ME MK MT NL NO PL PT RO RS RU SE SI SJ SK SM UA VA XK",
	"middle-east": "AE BH IL IQ IR JO KW LB OM PS QA SA SY TR YE",
	"africa": "AO BF BI BJ BW CD CF CG CI CM CV DJ DZ EG EH ER ET GA GH GM GN GQ GW KE KM LR LS LY MA MG ML MR MU MW MZ NA NE NG " +
		"RE RW SC SD SH SL SN SO SS ST SZ TD TF TG TN TZ UG YT ZA ZM ZW IO",
	"asia": "AF BD BN BT HK ID IN JP KG KH KP KR KZ LA LK MM MN MO MV MY NP PH PK SG TH TJ TL TM TW UZ VN",
	// Mainland China has prices and rules of its own nearly everywhere.
	"china":   "CN",
	"oceania": "AS AU CC CK CX FJ FM GU HM KI MH MP NC NF NR NU NZ PF PG PN PW SB TK TO TV VU WF WS AQ BV",
}

var areaByCountry = func() map[string]string {
	m := make(map[string]string)
	for area, countries := range areas {
		for c := range strings.FieldsSeq(countries) {
			m[c] = area
		}
	}
	return m
}()

// CleanCountry is the code in capitals, or "" if it is none.
func CleanCountry(code string) string {
	if len(code) != 2 {
		return ""
	}
	code = strings.ToUpper(code)
	if areaByCountry[code] == "" {
		return ""
	}
	return code
}
