package bitstream

import (
	"slices"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h265"

	"github.com/globalfandom/lightstick/media"
)

func describeH264(t *media.Track) error {
	var s h264.SPS
	if err := s.Unmarshal(t.SPS[0]); err != nil {
		return err
	}
	t.Width, t.Height = s.Width(), s.Height()
	t.FrameDuration = frameDuration(s.FPS())
	if v := s.VUI; v != nil {
		t.PixelAspect = pixelAspect(v.AspectRatioInfoPresentFlag, v.AspectRatioIdc, v.SarWidth, v.SarHeight)
		if v.ColourDescriptionPresentFlag {
			t.Color = media.Color{
				Primaries: v.ColourPrimaries, Transfer: v.TransferCharacteristics,
				Matrix: v.MatrixCoefficients, FullRange: v.VideoFullRangeFlag,
			}
		}
	}
	return nil
}

func describeHEVC(t *media.Track) error {
	var s h265.SPS
	if err := s.Unmarshal(t.SPS[0]); err != nil {
		return err
	}
	t.Width, t.Height = s.Width(), s.Height()
	t.FrameDuration = frameDuration(s.FPS())
	if v := s.VUI; v != nil {
		t.PixelAspect = pixelAspect(v.AspectRatioInfoPresentFlag, v.AspectRatioIdc, v.SarWidth, v.SarHeight)
		if v.ColourDescriptionPresentFlag {
			t.Color = media.Color{
				Primaries: v.ColourPrimaries, Transfer: v.TransferCharacteristics,
				Matrix: v.MatrixCoefficients, FullRange: v.VideoFullRangeFlag,
			}
		}
	}
	return nil
}

func describeAV1(t *media.Track) error {
	s, err := ParseAV1Sequence(t.SequenceHeader)
	if err != nil {
		return err
	}
	t.Width, t.Height, t.Color = s.Width, s.Height, s.Color
	if d := s.FrameDuration; d >= time.Millisecond && d <= time.Second {
		t.FrameDuration = d
	}
	return nil
}

// frameDuration is 0 for rates that make no sense.
func frameDuration(fps float64) time.Duration {
	if fps >= 1 && fps <= 1000 {
		return time.Duration(float64(time.Second) / fps)
	}
	return 0
}

// aspects are the sample aspect ratios by aspect_ratio_idc (ITU-T H.273 Table 10).
var aspects = [...]media.PixelAspect{
	{}, {Width: 1, Height: 1}, {Width: 12, Height: 11}, {Width: 10, Height: 11}, {Width: 16, Height: 11},
	{Width: 40, Height: 33}, {Width: 24, Height: 11}, {Width: 20, Height: 11}, {Width: 32, Height: 11},
	{Width: 80, Height: 33}, {Width: 18, Height: 11}, {Width: 15, Height: 11}, {Width: 64, Height: 33},
	{Width: 160, Height: 99}, {Width: 4, Height: 3}, {Width: 3, Height: 2}, {Width: 2, Height: 1},
}

func pixelAspect(present bool, idc uint8, width, height uint16) media.PixelAspect {
	const extended = 255
	switch {
	case present && idc == extended:
		return media.PixelAspect{Width: width, Height: height}
	case present && int(idc) < len(aspects):
		return aspects[idc]
	}
	return media.PixelAspect{}
}

// ReorderDepth is how many pictures may be decoded before one and shown after it, as the
// parameter sets declare it (max_num_reorder_frames, ITU-T H.264 §E.2.1;
// sps_max_num_reorder_pics, H.265 §7.4.3.2.1); 0 if they don't.
func ReorderDepth(codec media.Codec, p ParamSets) int {
	if len(p.SPS) == 0 {
		return 0
	}
	switch codec {
	case media.HEVC:
		var s h265.SPS
		if err := s.Unmarshal(p.SPS[0]); err == nil && len(s.MaxNumReorderPics) > 0 {
			return int(slices.Max(s.MaxNumReorderPics))
		}
	case media.H264:
		const pictureOrderIsDecodingOrder = 2 // pic_order_cnt_type, ITU-T H.264 §8.2.1.3
		var s h264.SPS
		if err := s.Unmarshal(p.SPS[0]); err == nil && s.PicOrderCntType != pictureOrderIsDecodingOrder &&
			s.VUI != nil && s.VUI.BitstreamRestriction != nil {
			return int(s.VUI.BitstreamRestriction.MaxNumReorderFrames)
		}
	}
	return 0
}
