package dev.leasehold.testing

import com.tngtech.archunit.core.domain.Dependency
import com.tngtech.archunit.core.domain.JavaClass
import com.tngtech.archunit.core.domain.JavaClasses
import com.tngtech.archunit.lang.ArchCondition
import com.tngtech.archunit.lang.ArchRule
import com.tngtech.archunit.lang.ConditionEvents
import com.tngtech.archunit.lang.SimpleConditionEvent
import com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes
import com.tngtech.archunit.library.dependencies.SliceAssignment
import com.tngtech.archunit.library.dependencies.SliceIdentifier
import com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices

/** The rules between the rooms of a [FloorPlan]; each `check` throws an [AssertionError] that names every offending line. */
public class Floors(private val plan: FloorPlan) {
    private val offer = "${plan.root}.internal.spi.InternalMemoryApi"

    /** Nothing depends on a floor above its own. */
    public fun checkNothingImportsUpward(types: JavaClasses): Unit = everyDependency("use no floor above their own") {
        val from = plan.roomOf(it.originClass)
        val to = plan.roomOf(it.targetClass.baseComponentType)
        from != null && to != null && to.floor > from.floor
    }.check(types)

    /** No two rooms depend on each other, also not by way of others. */
    public fun checkNothingGoesInCircles(types: JavaClasses): Unit =
        slices().assignedFrom(rooms()).should().beFreeOfCycles().check(types)

    /**
     * No module reaches behind the public face of another: `internal` packages are used only from inside [home].
     *
     * What an inline function of the public API needs is compiled into its callers, so classes marked [PublishedApi] may be,
     * and those that `InternalMemoryApi` marks as meant for the library's own modules.
     */
    public fun checkInternalsStayInside(types: JavaClasses, home: Set<String>): Unit =
        everyDependency("leave the internals of other modules alone") {
            val target = it.targetClass.baseComponentType
            plan.isInternal(target) && plan.roomOf(it.originClass)?.name !in home && !target.isOffered()
        }.check(types)

    private fun rooms() = object : SliceAssignment {
        override fun getIdentifierOf(type: JavaClass): SliceIdentifier =
            plan.roomOf(type)?.let { SliceIdentifier.of(it.name) } ?: SliceIdentifier.ignore()

        override fun getDescription() = "rooms of ${plan.root}"
    }

    private fun JavaClass.isOffered(): Boolean = name == offer || isAnnotatedWith(offer) ||
        isAnnotatedWith(PublishedApi::class.java) || enclosingClass.map { it.isOffered() }.orElse(false)

    private fun everyDependency(rule: String, isWrong: (Dependency) -> Boolean): ArchRule = classes().should(
        object : ArchCondition<JavaClass>(rule) {
            override fun check(item: JavaClass, events: ConditionEvents) {
                item.directDependenciesFromSelf.filter(isWrong).forEach {
                    events.add(SimpleConditionEvent.violated(it, it.description))
                }
            }
        },
    )
}
