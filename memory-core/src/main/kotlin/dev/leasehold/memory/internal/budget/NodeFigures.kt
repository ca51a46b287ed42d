package dev.leasehold.memory.internal.budget

/**
 * The figures of a node of the tree and of all [below] it, which were true together.
 *
 * @property kind what the node stands for: `pool`, `manager` or `budget`
 * @property label the name, with what it stands for and its state
 * @property member what it stands for; null where that was forgotten
 * @property own bytes of charges that were moved here
 * @property outside bytes that are none of these and take room all the same: those of other copies of this library
 */
internal class NodeFigures private constructor(
    node: BudgetNode,
    val kind: String,
    val label: String,
    val member: BudgetMember?,
) {
    val name: String = node.name
    val path: String = node.path
    val used: Long = node.used
    val limit: Long = node.limit
    val peak: Long = node.peak
    val own: Long = node.ownBytes
    val outside: Long = node.outside
    val below: List<NodeFigures> = node.members.live().map {
        NodeFigures(it.node, it.kind, it.label(), it.member)
    }

    companion object {
        /** The figures of [node] and all below it. Holds up all reservations of the tree meanwhile. */
        fun of(node: BudgetNode): NodeFigures = node.gate.alone {
            NodeFigures(node, Members.BUDGET, node.name, member = null)
        }
    }
}
