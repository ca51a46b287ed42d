package dev.leasehold.samples.blur

import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.launch

/** The blur on all processors of the machine, the bands side by side. */
internal suspend fun blurOnProcessors(picture: Picture, bands: List<Band>, radius: Int): Picture {
    val result = Picture(picture.width, picture.height)
    coroutineScope {
        for (band in bands) {
            launch(Dispatchers.Default) {
                for (y in band.first until band.first + band.rows) Blur.row(picture, result, y, radius)
            }
        }
    }
    return result
}
