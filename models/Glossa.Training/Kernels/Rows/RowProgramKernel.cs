namespace Glossa.Training.Kernels.Rows;

/// <summary>
/// Runs a <see cref="RowProgram"/>. Attributes: <c>kinds</c> (of the inputs), <c>code</c> (operation, a, b of every instruction), <c>outputs</c> (registers).
/// </summary>
internal sealed unsafe class RowProgramKernel : Kernel
{
    // Floats of a register that are worked on at a time: half a dozen registers fit into the first cache.
    private const int BlockSize = 1024;

    private readonly RowProgram _program;
    private readonly RowKind[] _kinds;
    private readonly int[] _blocks;
    private readonly int _blockCount, _likeInput;

    private RowProgramKernel(KernelAttributes attributes)
    {
        long[] code = attributes.Integers("code")!;
        RowInstruction[] instructions = [.. code.Chunk(3).Select(part => new RowInstruction((RowOperation)part[0], (int)part[1], (int)part[2]))];
        _program = new RowProgram(Array.ConvertAll(attributes.Integers("kinds")!, kind => (RowKind)kind), instructions, Array.ConvertAll(attributes.Integers("outputs")!, register => (int)register));
        _kinds = _program.Kinds();
        _blocks = _program.Blocks(out _blockCount);
        _likeInput = _program.Inputs.ToList().IndexOf(RowKind.Full);
    }

    /// <summary>The operator.</summary>
    public static KernelOperator Operator { get; } = new("Rows", attributes => new RowProgramKernel(attributes));

    /// <inheritdoc/>
    public override void Compute(KernelContext context)
    {
        long[] shape = context.Input(_likeInput).Shape;
        int width = checked((int)shape[^1]);
        nint rows = 1;
        foreach (long size in shape.AsSpan(..^1)) rows *= (nint)size;
        int step = Math.Max(1, BlockSize / Math.Max(width, 1));
        int inputs = _program.Inputs.Count;
        float** registers = stackalloc float*[_kinds.Length];
        nint* strides = stackalloc nint[_kinds.Length];
        for (int i = 0; i < inputs; i++)
        {
            KernelTensor input = context.Input(i);
            Expect(input.Shape, _kinds[i], rows, width);
            registers[i] = input.Data;
            strides[i] = Stride(_kinds[i], width);
        }
        nint block = ((nint)step * width) + 15 & ~15;
        using ScratchPool.Lease scratch = ScratchPool.Rent(block * _blockCount);
        for (int i = inputs; i < _kinds.Length; i++)
        {
            registers[i] = _blocks[i] < 0 ? null : scratch.Data + (_blocks[i] * block);
            strides[i] = 0;
        }
        foreach ((int place, int register) in _program.Outputs.Index())
        {
            float* data = context.Output(place, OutputShape(shape, register));
            if (_kinds[register] == RowKind.Row) new Span<float>(data, width).Clear();
            registers[register] = data;
            strides[register] = Stride(_kinds[register], width);
        }
        for (nint row = 0; row < rows; row += step)
        {
            int count = (int)Math.Min(step, rows - row);
            for (int i = 0; i < _program.Instructions.Count; i++)
            {
                RowInstruction instruction = _program.Instructions[i];
                (int a, int b, int y) = (instruction.A, instruction.B, inputs + i);
                RowArithmetic.Apply(instruction.Operation, new RowBlock(registers[a], _kinds[a]), new RowBlock(registers[b], _kinds[b]), registers[y], count, width);
            }
            for (int i = 0; i < _kinds.Length; i++) registers[i] += strides[i] * count;
        }
    }

    private static nint Stride(RowKind kind, int width) => kind switch { RowKind.Full => width, RowKind.Column => 1, _ => 0 };

    private long[] OutputShape(long[] shape, int register) => _kinds[register] switch
    {
        RowKind.Full => shape,
        RowKind.Column => [.. shape[..^1], 1],
        _ => [shape[^1]],
    };

    private static void Expect(long[] shape, RowKind kind, nint rows, int width)
    {
        long elements = 1, expected = kind switch { RowKind.Full => rows * width, RowKind.Column => rows, RowKind.Row => width, _ => 1 };
        foreach (long size in shape) elements *= size;
        if (elements != expected) throw new InvalidOperationException($"[{string.Join(", ", shape)}] is not {kind} of {rows} rows of {width}");
    }
}
