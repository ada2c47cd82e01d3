namespace Glossa.Training.Kernels.Rows;

/// <summary>An instruction: what it does to which registers. Its own register has the number of inputs plus its place.</summary>
internal readonly record struct RowInstruction(RowOperation Operation, int A, int B);

/// <summary>
/// Elementwise arithmetic and sums over the rows of tensors <c>[rows, width]</c>, all in one pass: a few rows at a time stay in the first cache while every instruction is applied to them.
/// </summary>
/// <param name="Inputs">Kinds of the inputs, which are the first registers.</param>
/// <param name="Instructions">In order; each reads registers before its own.</param>
/// <param name="Outputs">Registers that are given out.</param>
internal sealed record RowProgram(IReadOnlyList<RowKind> Inputs, IReadOnlyList<RowInstruction> Instructions, IReadOnlyList<int> Outputs)
{
    /// <summary>The kinds of all registers.</summary>
    public RowKind[] Kinds()
    {
        List<RowKind> kinds = [.. Inputs];
        foreach (RowInstruction instruction in Instructions)
        {
            kinds.Add(instruction.Operation switch
            {
                RowOperation.RowSum => RowKind.Column,
                RowOperation.ColumnSum => RowKind.Row,
                _ => Of(kinds[instruction.A], kinds[instruction.B]),
            });
        }
        return [.. kinds];
    }

    /// <summary>For each register, the scratch block that it may use, blocks being used again once nothing reads what they held; -1 where it needs none.</summary>
    public int[] Blocks(out int count)
    {
        RowKind[] kinds = Kinds();
        int[] blocks = new int[kinds.Length], lastRead = new int[kinds.Length];
        Array.Fill(blocks, -1);
        for (int i = 0; i < Instructions.Count; i++) lastRead[Instructions[i].A] = lastRead[Instructions[i].B] = i;
        Stack<int> free = new();
        count = 0;
        for (int i = 0; i < Instructions.Count; i++)
        {
            int register = Inputs.Count + i;
            bool needed = Instructions[i].Operation != RowOperation.ColumnSum && !(kinds[register] == RowKind.Full && Outputs.Contains(register));
            if (needed) blocks[register] = free.TryPop(out int block) ? block : count++;
            foreach (int operand in (int[])[Instructions[i].A, Instructions[i].B])
            {
                if (blocks[operand] < 0 || lastRead[operand] != i || operand == register || Outputs.Contains(operand)) continue;
                if (!free.Contains(blocks[operand])) free.Push(blocks[operand]);
            }
        }
        return blocks;
    }

    private static RowKind Of(RowKind a, RowKind b) => (a, b) switch
    {
        (RowKind.Scalar, _) => b,
        (_, RowKind.Scalar) => a,
        _ when a == b => a,
        _ => RowKind.Full,
    };
}
