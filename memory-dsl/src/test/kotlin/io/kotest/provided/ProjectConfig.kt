package io.kotest.provided

import dev.leasehold.memory.testing.KotestLeakExtension
import io.kotest.core.config.AbstractProjectConfig
import io.kotest.core.extensions.Extension

/** Kotest finds it by its name. */
class ProjectConfig : AbstractProjectConfig() {
    override val extensions: List<Extension> = listOf(KotestLeakExtension())
}
