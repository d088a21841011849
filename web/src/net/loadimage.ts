import type { LoadedImage } from './imageloader';

const TIMEOUT = 5000;

/** A picture with the element that loaded it, so that the browser keeps it decoded. */
interface DecodedImage extends LoadedImage {
  image: HTMLImageElement;
}

/** Loads a picture, or fails. One that takes too long is given up. */
export async function loadImage(url: string): Promise<DecodedImage> {
  const image = new Image();
  const timer = setTimeout(() => image.removeAttribute('src'), TIMEOUT);
  image.src = url;
  try {
    await image.decode();
  } finally {
    clearTimeout(timer);
  }
  return { url, width: image.naturalWidth, height: image.naturalHeight, image };
}
