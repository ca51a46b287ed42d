package dev.leasehold.memory.micrometer.samples

import dev.leasehold.memory.micrometer.LeaseholdMetrics
import io.micrometer.core.instrument.MeterRegistry

internal fun metersOfAll(registry: MeterRegistry): Double {
    LeaseholdMetrics().bindTo(registry) // once, at the start of the application
    return registry.get("leasehold.memory.used").tag("kind", "pool").tag("owner", "orders").gauge().value()
}
