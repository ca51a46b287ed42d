package dev.leasehold.memory.io

import kotlinx.io.Buffer

internal fun bufferOf(bytes: ByteArray): Buffer = Buffer().apply { write(bytes) }
