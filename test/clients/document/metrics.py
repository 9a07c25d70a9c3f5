from prometheus_client import Histogram

procedure_duration = Histogram(
    'procedure_duration_seconds',
    'Time spent in stored procedures',
    ['procedure_name']
)

async def call_procedure_with_metrics(name, procedure_call):
    with procedure_duration.labels(procedure_name=name).time():
        result = await db.execute(text(procedure_call))
        await db.commit()
    return result
